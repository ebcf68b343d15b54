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

/** The status of a delivery. `pending` means that no attempt was made yet. */
export type DeliveryStatus = RecordStatus | 'pending';

export const deliveryStatuses = ['pending', 'retrying', 'parked', 'delivered', 'dead', 'ended'] as const satisfies [
  DeliveryStatus,
  ...DeliveryStatus[],
];

/** A delivery in the operator API: one event for one subscription. */
export interface Delivery {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly instanceId: string;
  readonly trigger: Trigger;
  readonly occurredAt: string;
  /** A sentence that describes the event. */
  readonly about: string;
  /** Present when the event is a test event. */
  readonly test?: true;
  readonly status: DeliveryStatus;
  /** The reason for the status, as a code. */
  readonly code?: string;
  /** The reason for the status, as a sentence. */
  readonly reason: string;
  /** When the next attempt is due. Present while the delivery waits for an attempt. */
  readonly nextAttemptAt?: string;
  readonly attempts: readonly AttemptRecord[];
  /** The response to the last failed attempt, without secrets. */
  readonly answer?: FailedAnswer;
}

/**
 * A delivery in a list, with the number of its attempts and the time of the last one. The attempts
 * themselves are included only on request.
 */
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

/**
 * Returns the id of the subscription with a row key in a recipient range of an event. The
 * recipients of an event are one or two ranges of subscription rows, and `range` is an index into
 * them. Returns `undefined` when the event has no such range.
 */
export function subscriptionIdAt(event: Event, range: number, rowKey: string): string | undefined {
  const subjectHash = recipientRanges(event)[range]?.subjectHash;
  const { trigger, instanceId } = event;
  return subjectHash && formatSubscriptionId({ trigger, instanceId, subjectHash, rowKey });
}

/** A delivery that has a delivery record. */
export function recordedDelivery(event: Event, record: DeliveryRecord): Delivery {
  const { deliveryId, subscriptionId, status, code, attempts, answer } = record;
  return {
    ...commonFields(event, deliveryId, subscriptionId),
    status,
    code,
    reason: deliveryReason(status, code),
    ...(isDue(record) && !waitsForResume(record) && { nextAttemptAt: new Date(record.dueAtMs).toISOString() }),
    attempts,
    ...(answer && { answer }),
  };
}

/**
 * Whether the delivery waits for a disabled subscription. It then gets its next attempt only after
 * the subscription is resumed. The previous release (0.9.0) wrote a due time into such records,
 * which is ignored.
 */
function waitsForResume({ status, code, redelivering }: DeliveryRecord): boolean {
  return status === 'parked' && (code === 'disabled' || code === PAUSED_BY_OPERATOR) && !redelivering;
}

/** A delivery that succeeded at the first attempt. Its outcome is in the row of its chunk. */
export function deliveredAtOnce(event: Event, { range, rowKey, attempt }: DeliveredOutcome): Delivery {
  return {
    ...commonFields(
      event,
      formatDeliveryId(event.eventId, range, rowKey),
      subscriptionIdAt(event, range, rowKey) ?? '',
    ),
    status: 'delivered',
    code: attempt.code,
    reason: deliveryReason('delivered', attempt.code),
    attempts: [attempt],
  };
}

/** A delivery that has had no attempt yet. */
export function pendingDelivery(event: Event, range: number, rowKey: string): Delivery {
  return {
    ...commonFields(
      event,
      formatDeliveryId(event.eventId, range, rowKey),
      subscriptionIdAt(event, range, rowKey) ?? '',
    ),
    status: 'pending',
    reason: deliveryReason('pending'),
    attempts: [],
  };
}

function commonFields(
  event: Event,
  deliveryId: string,
  subscriptionId: string,
): Omit<Delivery, 'status' | 'reason' | 'attempts'> {
  const { eventId, instanceId, trigger, occurredAt, test } = event;
  const about = eventSentence(event);
  return { deliveryId, eventId, subscriptionId, instanceId, trigger, occurredAt, about, ...(test && { test }) };
}
