import type { CustomerInsights, MeasureFailure, Segment } from '../insights/customer-insights.ts';
import { isTooFarAhead } from './believed-instants.ts';
import type { HistoryEntry } from './explain.ts';
import type { Evaluation } from './value-observation.ts';
import type { ValueTrigger } from './instance-state.ts';
import { readMeasure, readSegment } from './readings.ts';

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
    const { displayName, evaluations, withoutDimension } = readMeasure(measure);
    return {
      displayName,
      entries: [...believed(evaluations, nowMs), ...measure.failures.flatMap(asFailure)],
      withoutDimension,
    };
  }
  const segments = await insights.segments(instanceId, { historyDays });
  const segment = segments.find((one) => one.name === name);
  if (segment === undefined) return undefined;
  const { displayName, evaluations } = readSegment(segment);
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

/** Ends of an evaluation without a value, in the words of both the latest status and the history; others are still on their way. */
const failures = new Set(['completedfailure', 'failed', 'failure', 'cancelled', 'interrupted', 'timedout']);

function failuresOf({ history, latest }: Segment): HistoryEntry[] {
  return [...history, ...(latest ? [latest] : [])].filter(({ status }) => failures.has(status)).flatMap(asFailure);
}

/** One without an instant has no place in a history. */
function asFailure({ evaluatedAt, error = '' }: MeasureFailure): HistoryEntry[] {
  return evaluatedAt === undefined ? [] : [{ evaluatedAtMs: Date.parse(evaluatedAt), failure: error }];
}
