import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';

/** How each trigger is called on the page. */
export const triggerNames: Readonly<Record<Trigger, string>> = {
  'data-source-refresh-failed': 'Data source refresh failed',
  'data-source-refresh-succeeded': 'Data source refresh succeeded',
  'segment-threshold-crossed': 'Segment crosses threshold',
  'measure-threshold-crossed': 'Measure crosses threshold',
  'full-refresh-completed': 'Full refresh completed',
  'unification-refresh-completed': 'Unification completed',
};

/** How each status of a subscription is called, and what it means for its flow. */
export const subscriptionStatuses: Readonly<
  Record<SubscriptionResponse['status'], { readonly name: string; readonly meaning: string }>
> = {
  active: { name: 'Active', meaning: 'The flow is called.' },
  paused: {
    name: 'Paused',
    meaning:
      'Held: the flow is turned off. Its deliveries wait, and one of them looks now and then whether it is on again.',
  },
  disabled: {
    name: 'Disabled',
    meaning: 'The flow failed for five days. Its deliveries wait until somebody resumes it.',
  },
  gone: {
    name: 'Gone',
    meaning: 'The flow is deleted, or has refused every call for good. Nobody is called any more.',
  },
  superseded: {
    name: 'Superseded',
    meaning: 'The flow was saved again: another subscription took the place of this one.',
  },
};

/** An operator's own pause and end are called what they are, not what a flow's failures lead to. */
export function subscriptionState({ status, reason }: Pick<SubscriptionResponse, 'status' | 'reason'>): {
  readonly name: string;
  readonly meaning: string;
} {
  if (reason === 'operator' && status === 'disabled') {
    return {
      name: 'Held by operator',
      meaning:
        'An operator has paused it: nothing is sent, nothing is given up. It goes on when it is resumed or its flow is saved again.',
    };
  }
  if (reason === 'operator' && status === 'gone') {
    return {
      name: 'Ended by operator',
      meaning: 'An operator has ended it. Nobody is called any more; its history is kept.',
    };
  }
  return subscriptionStatuses[status];
}

/** How each status of a delivery is called. */
export const deliveryStatuses: Readonly<Record<DeliveryResponse['status'], string>> = {
  pending: 'Pending',
  retrying: 'Retrying',
  parked: 'Held',
  delivered: 'Delivered',
  dead: 'Dead',
  ended: 'Ended',
};

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });

export function shownNumber(value: number): string {
  return number.format(value);
}

/** A number with what it counts: `1 delivery is`, `3 deliveries are`. */
export function counted(count: number, one: string, several: string): string {
  return `${shownNumber(count)} ${count === 1 ? one : several}`;
}

/** What the subscription is about: `ChurnRisk above 150`, `any data source`. */
export function conditionOf({
  trigger,
  dataSourceName,
  segmentName,
  measureName,
  dataSourceId,
  threshold,
  startedBy,
}: SubscriptionResponse): string {
  const subject = segmentName ?? measureName;
  if (subject !== undefined) return `${subject} above ${threshold === undefined ? '?' : shownNumber(threshold)}`;
  if (trigger.startsWith('data-source')) return dataSourceName ?? dataSourceId ?? 'any data source';
  return startedBy === undefined ? 'the whole instance' : `the whole instance, by ${startedBy}`;
}

const steps: readonly (readonly [limitMs: number, unitMs: number, unit: string])[] = [
  [90_000, 1_000, 's'],
  [90 * 60_000, 60_000, 'min'],
  [36 * 3_600_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
];

/** How long something lasts or is ago, in one unit: `12 s`, `4 min`, `3 h`, `5 d`. */
export function shownSpan(ms: number): string {
  const span = Math.max(0, ms);
  const [, unitMs, unit] = steps.find(([limitMs]) => span < limitMs) ?? [0, 86_400_000, 'd'];
  return `${Math.floor(span / unitMs)} ${unit}`;
}

/** `850 ms`, `1.3 s`. */
export function shownDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
