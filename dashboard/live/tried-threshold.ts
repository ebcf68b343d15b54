import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { explain, type HistoryEntry } from '../../shared/detection/explain.ts';

/**
 * The same evaluations, told for another threshold by the code that detects: `fires` is whether a subscription would have been called,
 * had there been one all the time. Newest first, as they come. Pure.
 */
export function withThreshold(observations: readonly ObservationResponse[], threshold: number): ObservationResponse[] {
  const entries = observations.map(({ evaluatedAt, value }): HistoryEntry => {
    const evaluatedAtMs = Date.parse(evaluatedAt);
    return value === undefined ? { evaluatedAtMs, failure: '' } : { evaluatedAtMs, value };
  });
  // What the oldest is compared with came before the time that is shown.
  const oldest = observations.at(-1);
  if (oldest?.previousValue !== undefined) {
    entries.push({ evaluatedAtMs: Date.parse(oldest.evaluatedAt) - 1, value: oldest.previousValue });
  }
  const explained = explain(entries, threshold).toReversed();
  return observations.flatMap((observation, index) => {
    const told = explained[index];
    // Why an evaluation failed is known to the first telling alone.
    if (told === undefined || told.outcome === 'failed') return [observation];
    const { outcome, sentence } = told;
    return [{ ...observation, outcome, sentence, fires: outcome === 'crossed' }];
  });
}

/** What a slider offers: from `min` to `max` by `step`, its own threshold among them. */
export interface ThresholdRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** The least number of steps from the lowest value to the highest. */
const STEPS = 100;

/** Thresholds from below the lowest value, which none crosses, to above the highest. Whole numbers when the values are. Pure. */
export function thresholdRange(observations: readonly ObservationResponse[], threshold: number): ThresholdRange {
  const values = observations.flatMap(({ value, previousValue }) => [value ?? threshold, previousValue ?? threshold]);
  const low = Math.min(threshold, ...values);
  const high = Math.max(threshold, ...values);
  const span = high - low || Math.abs(high) || 1;
  const round = roundStep(span / STEPS);
  const step = [threshold, ...values].every(Number.isInteger) ? Math.max(1, round) : round;
  const stepsTo = (value: number): number => Math.ceil(Math.abs(threshold - value) / step);
  return {
    min: exact(threshold - step * (stepsTo(low) + 1)),
    max: exact(threshold + step * (stepsTo(high) + 1)),
    step,
  };
}

/** The highest of 1, 2 and 5 times a power of ten that is not above. */
function roundStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const digit = [5, 2, 1].find((one) => one * power <= most) ?? 1;
  return exact(digit * power);
}

/** Without what adding binary fractions leaves behind. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
