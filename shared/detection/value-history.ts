import type { CustomerInsights, MeasureFailure, Segment, SegmentEvaluation } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import { triggers, type ThresholdTrigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { isTooFarAhead } from './plausible-instants.ts';
import type { HistoryEntry } from './explain.ts';
import type { Evaluation } from './value-observation.ts';
import { measureReading, segmentReading } from './readings.ts';

export interface ValueHistory {
  readonly displayName: string;
  /** In no particular order. The latest evaluation is included. */
  readonly entries: readonly HistoryEntry[];
  /** Whether the subject has a single value that can be compared with a threshold. */
  readonly withoutDimension: boolean;
  /** Whether it is a customer measure, which has one value for each customer. */
  readonly isOfCustomers: boolean;
}

/**
 * Reads the evaluations (computations of the value) that Customer Insights keeps of a segment or
 * measure, including those that failed. Takes one call. Resolves with `undefined` when no subject
 * has this name. Rejects with `CustomerInsightsError` when the history cannot be read.
 */
export async function readValueHistory(
  insights: CustomerInsights,
  {
    instanceId,
    trigger,
    name,
  }: { readonly instanceId: string; readonly trigger: ThresholdTrigger; readonly name: string },
  { historyDays, nowMs }: { readonly historyDays: number; readonly nowMs: number },
): Promise<ValueHistory | undefined> {
  const { source } = triggers[trigger];
  switch (source) {
    case 'measures': {
      const measure = await insights.measure(instanceId, name, { historyDays });
      if (measure === undefined) return undefined;
      const { displayName, evaluations, withoutDimension, isOfCustomers = false } = measureReading(measure);
      const failures = measure.failures.flatMap((failure) => failureOf(failure));
      const entries = [...markImplausible(evaluations, nowMs), ...failures];
      return { displayName, entries, withoutDimension, isOfCustomers };
    }
    case 'segments': {
      const segments = await insights.segments(instanceId, { historyDays });
      const segment = segments.find((listed) => listed.name === name);
      if (segment === undefined) return undefined;
      const { displayName, evaluations } = segmentReading(segment);
      const entries = [...markImplausible(evaluations, nowMs), ...failuresOf(segment)];
      return { displayName, entries, withoutDimension: true, isOfCustomers: false };
    }
    default:
      return unreachable(source);
  }
}

/** Turns evaluations in the far future into failed ones, because detection ignores them too. */
function markImplausible(evaluations: readonly Evaluation[], nowMs: number): HistoryEntry[] {
  return evaluations.map((evaluation) =>
    isTooFarAhead(evaluation.evaluatedAtMs, nowMs)
      ? { evaluatedAtMs: evaluation.evaluatedAtMs, failure: undefined, fault: 'dated in the future, so ignored' }
      : evaluation,
  );
}

/** The evaluations that failed, timed out or were aborted, and those whose status is unknown. */
function failuresOf({ history, latest }: Segment): HistoryEntry[] {
  return [...history, ...(latest ? [latest] : [])].flatMap((evaluation) => {
    const status = knownStatus(evaluation.status);
    switch (status) {
      case 'failed':
      case 'timedout':
      case 'aborted':
        return failureOf(evaluation);
      case undefined:
        return failureOf(evaluation, unknownStatus(evaluation));
      case 'queued':
      case 'needsupdate':
      case 'running':
      case 'successful':
      case 'deleted':
      case 'skipped':
        return [];
      default:
        return unreachable(status);
    }
  });
}

function unknownStatus({ status = '' }: SegmentEvaluation): string {
  return `status "${status}" is not known`;
}

/** A failure without an instant is left out of the history. */
function failureOf({ evaluatedAt, error }: MeasureFailure, fault?: string): HistoryEntry[] {
  if (evaluatedAt === undefined) return [];
  return [{ evaluatedAtMs: Date.parse(evaluatedAt), failure: error, ...(fault !== undefined && { fault }) }];
}
