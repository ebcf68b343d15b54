import type { DeliveryResponse, SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';

/**
 * The names of the triggers on the page. They are not in the records of `shared/triggers`, because
 * these would bring the schemas of the callbacks to the browser.
 */
export const triggerNames: Readonly<Record<Trigger, string>> = {
  'data-source-refresh-failed': 'Data source refresh failed',
  'data-source-refresh-succeeded': 'Data source refresh succeeded',
  'segment-threshold-crossed': 'Segment crosses threshold',
  'measure-threshold-crossed': 'Measure crosses threshold',
  'full-refresh-completed': 'Full refresh completed',
  'unification-refresh-completed': 'Unification completed',
};

/** The names of the subscription statuses, and their meaning for the flow. */
const subscriptionStatuses: Readonly<
  Record<SubscriptionResponse['status'], { readonly name: string; readonly meaning: string }>
> = {
  active: { name: 'Active', meaning: 'The flow is called.' },
  paused: {
    name: 'Paused',
    meaning: 'The flow is turned off. Its deliveries are parked, and one of them is sent as a probe from time to time.',
  },
  disabled: {
    name: 'Disabled',
    meaning: 'The flow failed for five days. Its deliveries are parked until an operator resumes the subscription.',
  },
  gone: {
    name: 'Gone',
    meaning: 'The flow was deleted or refused every call permanently. It is not called any more.',
  },
  superseded: {
    name: 'Superseded',
    meaning: 'The flow was saved again, and a newer subscription replaced this one.',
  },
};

/** The states that an operator causes. The API reports them as disabled and gone. */
const byOperator = {
  disabled: {
    name: 'Paused by operator',
    meaning:
      'An operator paused it. Deliveries are parked when they are due, until it is resumed or its flow is saved again.',
  },
  gone: {
    name: 'Ended by operator',
    meaning: 'An operator ended it. The flow is not called any more. The history is kept.',
  },
} as const;

/** The states as the badges, the help and the filter name them, with the filter of the API. */
export const subscriptionStates = [
  ...(['active', 'paused'] as const).map((status) => ({ id: status, status, ...subscriptionStatuses[status] })),
  { id: 'paused-by-operator', status: 'disabled', byOperator: true, ...byOperator.disabled },
  { id: 'disabled', status: 'disabled', byOperator: false, ...subscriptionStatuses.disabled },
  { id: 'gone', status: 'gone', byOperator: false, ...subscriptionStatuses.gone },
  { id: 'ended-by-operator', status: 'gone', byOperator: true, ...byOperator.gone },
  { id: 'superseded', status: 'superseded', ...subscriptionStatuses.superseded },
] as const;

/**
 * The status on the page. A pause or an end by an operator has a separate name, because the API
 * reports it as disabled or gone.
 */
export function subscriptionState({ status, reason }: Pick<SubscriptionResponse, 'status' | 'reason'>): {
  readonly name: string;
  readonly meaning: string;
} {
  if (reason === 'operator' && (status === 'disabled' || status === 'gone')) return byOperator[status];
  return subscriptionStatuses[status];
}

/** What the page calls failing, although the status is active. */
export const FAILING_MEANING =
  'Its last call failed, and none has succeeded since. Retrying deliveries are tried again, and dead ones only when you recover them. After five days it is disabled.';

/** What a recovery does, in the same words wherever one can be started. */
export const RECOVER_MEANING =
  'Dead and parked deliveries of events in this range are sent again, one attempt each, ten a second at most. Deliveries that arrived are not sent again. Retrying ones are left out, because they are tried again by themselves.';
/** How far back a recovery goes unless the operator changes it. */
export const RECOVER_SINCE_MS = 86_400_000;

/** The meaning of the delivery statuses. */
export const deliveryMeanings: Readonly<Record<DeliveryResponse['status'], string>> = {
  pending: 'No attempt has been made yet.',
  retrying: 'An attempt failed. The next one is planned. If its flow is not called then, it is parked instead.',
  parked: 'It waits, because the subscription is paused or disabled.',
  delivered: 'The flow accepted it.',
  dead: 'It failed permanently, or every planned attempt failed. It can be sent again.',
  ended: 'The subscription ended before it was delivered. It cannot be sent.',
};

/** The names of the delivery statuses. */
export const deliveryStatuses: Readonly<Record<DeliveryResponse['status'], string>> = {
  pending: 'Pending',
  retrying: 'Retrying',
  parked: 'Parked',
  delivered: 'Delivered',
  dead: 'Dead',
  ended: 'Ended',
};

/** The reason for a status, for a place beside its badge, which has the status already. */
export function reasonBesideBadge({ status, reason }: Pick<DeliveryResponse, 'status' | 'reason'>): string {
  return reason.startsWith(`${status}: `) ? reason.slice(status.length + 2) : reason;
}

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 6 });

export function shownNumber(value: number): string {
  return number.format(value);
}

/** A number with its noun: `1 delivery is`, `3 deliveries are`. */
export function counted(count: number, one: string, several: string): string {
  return `${shownNumber(count)} ${count === 1 ? one : several}`;
}

/** Says that a list has no further rows: `All 5 shown.` */
export function allShown(count: number): string {
  return count === 1 ? 'Only this one.' : `All ${shownNumber(count)} shown.`;
}

/** The condition of a subscription, such as `ChurnRisk above 150` or `any data source`. */
export function conditionOf(subscription: SubscriptionResponse): string {
  return conditions[subscription.trigger](subscription);
}

const conditions: Readonly<Record<Trigger, (subscription: SubscriptionResponse) => string>> = {
  'data-source-refresh-failed': ofDataSource,
  'data-source-refresh-succeeded': ofDataSource,
  'segment-threshold-crossed': ({ segmentName, threshold }) => above(segmentName, threshold),
  'measure-threshold-crossed': ({ measureName, threshold }) => above(measureName, threshold),
  'full-refresh-completed': ({ startedBy }) =>
    startedBy === undefined ? 'the whole instance' : `the whole instance, by ${startedBy}`,
  'unification-refresh-completed': () => 'the whole instance',
};

function ofDataSource({ dataSourceName, dataSourceId }: SubscriptionResponse): string {
  return dataSourceName ?? dataSourceId ?? 'any data source';
}

function above(subject = '?', threshold: number | undefined): string {
  return `${subject} above ${threshold === undefined ? '?' : shownNumber(threshold)}`;
}

const steps: readonly (readonly [limitMs: number, unitMs: number, unit: string])[] = [
  [90_000, 1_000, 's'],
  [90 * 60_000, 60_000, 'min'],
  [36 * 3_600_000, 3_600_000, 'h'],
  [Infinity, 86_400_000, 'd'],
];

/** A time span in one unit: `12 s`, `4 min`, `3 h`, `5 d`. */
export function shownSpan(ms: number): string {
  const span = Math.max(0, ms);
  const [, unitMs, unit] = steps.find(([limitMs]) => span < limitMs) ?? [0, 86_400_000, 'd'];
  return `${Math.floor(span / unitMs)} ${unit}`;
}

/** A short time span: `850 ms`, `1.3 s`. */
export function shownDuration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
