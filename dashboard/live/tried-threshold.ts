import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';
import { explain, type HistoryEntry } from '../../shared/detection/explain.ts';

/**
 * The observations with outcomes for another threshold, computed by the code of detection. `fires`
 * says whether a subscription with that threshold would have been called. Order: newest first, as
 * in the input. Pure.
 */
export function withThreshold(observations: readonly ObservationResponse[], threshold: number): ObservationResponse[] {
  const entries = observations.map(({ evaluatedAt, value }): HistoryEntry => {
    const evaluatedAtMs = Date.parse(evaluatedAt);
    return value === undefined ? { evaluatedAtMs, failure: undefined } : { evaluatedAtMs, value };
  });
  // The oldest observation is compared with one before the shown time range.
  const oldest = observations.at(-1);
  if (oldest?.previousValue !== undefined) {
    entries.push({ evaluatedAtMs: Date.parse(oldest.evaluatedAt) - 1, value: oldest.previousValue });
  }
  const explained = explain(entries, threshold).toReversed();
  return observations.flatMap((observation, index) => {
    const outcomeOfTried = explained[index];
    // Only the original observation has the reason of a failed evaluation.
    if (outcomeOfTried === undefined || outcomeOfTried.outcome === 'failed') return [observation];
    const { outcome, sentence } = outcomeOfTried;
    return [{ ...observation, outcome, sentence, fires: outcome === 'crossed' }];
  });
}

/**
 * The range of a slider: from `min` to `max` by `step`. It includes the subscription's threshold.
 */
export interface ThresholdRange {
  readonly min: number;
  readonly max: number;
  readonly step: number;
}

/** The minimum number of steps from the lowest value to the highest. */
const STEPS = 100;

/**
 * Computes the range of thresholds, from below the lowest value to above the highest. Whole numbers
 * if all values are whole. Pure.
 */
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

/** The highest of 1, 2 and 5 times a power of ten that is not above the number. */
function roundStep(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  const digit = [5, 2, 1].find((one) => one * power <= most) ?? 1;
  return exact(digit * power);
}

/** Rounds away errors of binary fractions. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}
