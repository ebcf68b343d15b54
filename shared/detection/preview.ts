import { allowsInstance, instanceNotAllowed } from '../allowed-instances.ts';
import { bodyRefusal } from '../body-error.ts';
import type { Clock } from '../clock.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import type { Refusal } from '../problem.ts';
import { subjectRefusal } from '../subscriptions/subject-refusal.ts';
import { MAX_PREVIEW_DAYS, validatePreviewRequest } from '../subscriptions/preview-request.ts';
import { subjectOf } from '../subscriptions/subscribe-request.ts';
import type { ThresholdTrigger } from '../triggers/trigger.ts';
import { explain } from './explain.ts';
import { unknownSubject } from './unknown-subject.ts';
import { readValueHistory } from './value-history.ts';

export interface PreviewPorts {
  readonly insights: CustomerInsights;
  readonly clock: Clock;
  /** Lower-case ids. An empty set allows all instances. */
  readonly allowedInstances: ReadonlySet<string>;
}

/**
 * One evaluation (a computation of the value by Customer Insights) at which the flow would have
 * started.
 */
export interface Crossing {
  readonly evaluatedAt: string;
  readonly previousValue: number;
  readonly value: number;
}

/**
 * The crossings of a threshold at which a subscription would have fired. Instants are ISO 8601 in
 * UTC.
 */
export interface Preview {
  readonly kind: 'previewed';
  readonly instanceId: string;
  readonly trigger: ThresholdTrigger;
  readonly name: string;
  readonly displayName: string;
  readonly threshold: number;
  /** The start of the period. Its end is now. */
  readonly since: string;
  /**
   * The number of evaluations with a value in the period. If it is 0, no value could have crossed
   * the threshold.
   */
  readonly evaluations: number;
  /** Newest first. */
  readonly crossings: readonly Crossing[];
}

const DAY_MS = 24 * 3600 * 1000;

/**
 * Finds when a subscription to this segment or measure would have fired if it had existed during
 * the whole period. The detection code replays the history that Customer Insights keeps. Takes one
 * call to Customer Insights, more for an unknown name, and stores nothing. Rejects with
 * `CustomerInsightsError` when the history cannot be read.
 */
export async function previewThreshold(
  { insights, clock, allowedInstances }: PreviewPorts,
  trigger: ThresholdTrigger,
  body: unknown,
): Promise<Preview | Refusal> {
  const request = validatePreviewRequest(trigger, body);
  if (request.kind === 'invalid') {
    return bodyRefusal(request.errors);
  }
  const { threshold, days = MAX_PREVIEW_DAYS } = request.value;
  const subject = subjectOf(trigger, request.value);
  if (!allowsInstance(allowedInstances, subject.instanceId)) return instanceNotAllowed();
  const { instanceId } = subject;
  // One day more than requested, so that the first value of the period has a previous value.
  const reach = { historyDays: days + 1, nowMs: clock.now() };
  const read = (name: string) => readValueHistory(insights, { instanceId, trigger, name }, reach);
  let { name } = subject;
  let history = await read(name);
  // A name may really begin or end with blanks. They are removed only if no such name exists.
  if (history === undefined && name !== name.trim()) {
    name = name.trim();
    history = await read(name);
  }
  if (history === undefined) {
    return subjectRefusal(await unknownSubject(insights, { instanceId, trigger, name }), 'preview');
  }
  const { withoutDimension, isOfCustomers } = history;
  if (!withoutDimension) return subjectRefusal({ kind: 'has-dimension', isOfCustomers }, 'preview');
  const sinceMs = clock.now() - days * DAY_MS;
  const explained = explain(history.entries, threshold).filter(({ evaluatedAtMs }) => evaluatedAtMs >= sinceMs);
  return {
    kind: 'previewed',
    instanceId,
    trigger,
    name,
    displayName: history.displayName,
    threshold,
    since: iso(sinceMs),
    evaluations: explained.filter(({ outcome }) => outcome !== 'failed').length,
    crossings: explained
      .flatMap(({ outcome, evaluatedAtMs, previousValue, value }) =>
        outcome === 'crossed' && previousValue !== undefined && value !== undefined
          ? [{ evaluatedAt: iso(evaluatedAtMs), previousValue, value }]
          : [],
      )
      .toReversed(),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
