import type { DeliveredOutcome } from '../deliveries/records/activity-rows.ts';
import type { AttemptRecord } from '../deliveries/records/attempt-record.ts';
import type { FailedAnswer } from '../deliveries/failed-answer.ts';
import { formatDeliveryId } from '../deliveries/records/delivery-id.ts';
import { PAUSED_BY_OPERATOR } from '../deliveries/attempt/target.ts';
import { isDue, type DeliveryRecord, type RecordStatus } from '../deliveries/records/delivery-record.ts';
import { eventSentence } from '../events/event-sentence.ts';
import type { Event } from '../events/event.ts';
import { recipientRanges } from '../events/outbox-entry.ts';
import { formatSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { deliveryReason } from './delivery-reason.ts';

/** What a delivery is doing. `pending`: it has not been tried yet. */
export type DeliveryStatus = RecordStatus | 'pending';

export const deliveryStatuses = ['pending', 'retrying', 'parked', 'delivered', 'dead', 'ended'] as const satisfies [
  DeliveryStatus,
  ...DeliveryStatus[],
];

/** One event for one subscription, as the operator sees it. */
export interface Delivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly instanceId: string;
  readonly trigger: Trigger;
  readonly occurredAt: string;
  /** What happened, as a sentence for people. */
  readonly about: string;
  readonly test?: true;
  readonly status: DeliveryStatus;
  /** Why it is where it is, as a code … */
  readonly code?: string;
  /** … and as a sentence for people. */
  readonly reason: string;
  /** When the next attempt is due, of a delivery that waits for one. */
  readonly nextAttemptAt?: string;
  readonly attempts: readonly AttemptRecord[];
  /** What the last attempt that failed was answered, without secrets. */
  readonly answer?: FailedAnswer;
}

/** A delivery in a list: how often and when it was tried, without each attempt unless asked for. */
export type DeliverySummary = Omit<Delivery, 'attempts' | 'answer'> & {
  readonly attemptCount: number;
  readonly lastAttemptAt?: string;
  readonly attempts?: readonly AttemptRecord[];
};

export function deliverySummary({ attempts, answer, ...delivery }: Delivery, withAttempts: boolean): DeliverySummary {
  const last = attempts.at(-1);
  return {
    ...delivery,
    attemptCount: last?.number ?? 0,
    ...(last && { lastAttemptAt: last.at }),
    ...(withAttempts && { attempts }),
  };
}

/** The subscription at a place of an event's audience. `undefined`: the event has no such range. */
export function subscriptionIdAt(event: Event, range: number, rowKey: string): string | undefined {
  const subjectHash = recipientRanges(event)[range]?.subjectHash;
  const { trigger, instanceId } = event;
  return subjectHash && formatSubscriptionId({ trigger, instanceId, subjectHash, rowKey });
}

export function recordedDelivery(event: Event, record: DeliveryRecord): Delivery {
  const { deliveryId, subscriptionId, status, code, attempts, answer } = record;
  return {
    ...common(event, deliveryId, subscriptionId),
    status,
    code,
    reason: deliveryReason(status, code),
    ...(isDue(record) && !isHeldByOperator(record) && { nextAttemptAt: new Date(record.dueAtMs).toISOString() }),
    attempts,
    ...(answer && { answer }),
  };
}

/**
 * A record that waits for a disabled subscription is tried when that is resumed, and not before: a due time that an earlier version wrote
 * says nothing.
 */
function isHeldByOperator({ status, code, redelivering }: DeliveryRecord): boolean {
  return status === 'parked' && (code === 'disabled' || code === PAUSED_BY_OPERATOR) && !redelivering;
}

export function deliveredAtOnce(event: Event, { range, rowKey, attempt }: DeliveredOutcome): Delivery {
  return {
    ...common(event, formatDeliveryId(event.eventId, range, rowKey), subscriptionIdAt(event, range, rowKey) ?? ''),
    status: 'delivered',
    code: attempt.code,
    reason: deliveryReason('delivered', attempt.code),
    attempts: [attempt],
  };
}

export function pendingDelivery(event: Event, range: number, rowKey: string): Delivery {
  return {
    ...common(event, formatDeliveryId(event.eventId, range, rowKey), subscriptionIdAt(event, range, rowKey) ?? ''),
    status: 'pending',
    reason: deliveryReason('pending'),
    attempts: [],
  };
}

function common(
  event: Event,
  deliveryId: string,
  subscriptionId: string,
): Omit<Delivery, 'status' | 'reason' | 'attempts'> {
  const { eventId, instanceId, trigger, occurredAt, test } = event;
  const about = eventSentence(event);
  return { deliveryId, eventId, subscriptionId, instanceId, trigger, occurredAt, about, ...(test && { test }) };
}
