import type { CustomerInsights, MeasureFailure, Segment, SegmentEvaluation } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import { isTooFarAhead } from './plausible-instants.ts';
import type { HistoryEntry } from './explain.ts';
import type { Evaluation } from './value-observation.ts';
import type { ValueTrigger } from './instance-state.ts';
import { measureReading, segmentReading } from './readings.ts';

export interface ValueHistory {
  readonly displayName: string;
  /** In no particular order; the latest evaluation is among them. */
  readonly entries: readonly HistoryEntry[];
  /** Whether it has the one value that can be compared with a threshold. */
  readonly withoutDimension: boolean;
}

/**
 * What Customer Insights remembers of a segment or measure, failures among it. One call. `undefined`: there is none of this name. Rejects
 * with `CustomerInsightsError` when there is no answer.
 */
export async function readValueHistory(
  insights: CustomerInsights,
  { instanceId, trigger, name }: { readonly instanceId: string; readonly trigger: ValueTrigger; readonly name: string },
  { historyDays, nowMs }: { readonly historyDays: number; readonly nowMs: number },
): Promise<ValueHistory | undefined> {
  if (trigger === 'measure-threshold-crossed') {
    const measure = await insights.measure(instanceId, name, { historyDays });
    if (measure === undefined) return undefined;
    const { displayName, evaluations, withoutDimension } = measureReading(measure);
    return {
      displayName,
      entries: [...believed(evaluations, nowMs), ...measure.failures.flatMap((failure) => asFailure(failure))],
      withoutDimension,
    };
  }
  const segments = await insights.segments(instanceId, { historyDays });
  const segment = segments.find((one) => one.name === name);
  if (segment === undefined) return undefined;
  const { displayName, evaluations } = segmentReading(segment);
  return { displayName, entries: [...believed(evaluations, nowMs), ...failuresOf(segment)], withoutDimension: true };
}

/** The code that detects does not believe a date that lies far in the future either. */
function believed(evaluations: readonly Evaluation[], nowMs: number): HistoryEntry[] {
  return evaluations.map((evaluation) =>
    isTooFarAhead(evaluation.evaluatedAtMs, nowMs)
      ? { evaluatedAtMs: evaluation.evaluatedAtMs, failure: '', fault: 'dated in the future, so not believed' }
      : evaluation,
  );
}

/** Ends of an evaluation without a value, and words that nobody knows; others are still on their way. */
function failuresOf({ history, latest }: Segment): HistoryEntry[] {
  return [...history, ...(latest ? [latest] : [])].flatMap((evaluation) => {
    switch (knownStatus(evaluation.status)) {
      case 'failed':
      case 'timedout':
      case 'aborted':
        return asFailure(evaluation);
      case undefined:
        return asFailure(evaluation, unknownStatus(evaluation));
      default:
        return [];
    }
  });
}

function unknownStatus({ status }: SegmentEvaluation): string {
  return `status "${status}" is not known`;
}

/** One without an instant has no place in a history. */
function asFailure({ evaluatedAt, error = '' }: MeasureFailure, fault?: string): HistoryEntry[] {
  if (evaluatedAt === undefined) return [];
  return [{ evaluatedAtMs: Date.parse(evaluatedAt), failure: error, ...(fault !== undefined && { fault }) }];
}
