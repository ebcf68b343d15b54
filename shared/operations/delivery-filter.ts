import type { Event } from '../events/event.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { Delivery, DeliveryStatus } from './delivery.ts';

export interface DeliveryFilter {
  readonly eventId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  /** In lower case. */
  readonly instanceId?: string | undefined;
  readonly trigger?: Trigger | undefined;
  /** Deliveries of the subscriptions of a flow, by its id in any form or its address. */
  readonly flow?: string | undefined;
  /** Why they are where they are. */
  readonly code?: string | undefined;
  /** What the last attempt was answered. */
  readonly httpStatus?: number | undefined;
  /** Part of anything that is known of them, in whatever case. */
  readonly text?: string | undefined;
  /** Deliveries of events that occurred at or after this instant … */
  readonly sinceMs?: number | undefined;
  /** … and at or before this one. */
  readonly untilMs?: number | undefined;
  /** Whether each attempt is listed too. */
  readonly withAttempts?: boolean | undefined;
}

/** Whether a delivery is meant by all of a filter that can be told from it and its event; `ofFlow`: of these subscriptions alone. Pure. */
export function isMeant(
  delivery: Delivery,
  event: Event,
  { subscriptionId, status, trigger, code, httpStatus, text }: DeliveryFilter,
  ofFlow: ReadonlySet<string> | undefined,
): boolean {
  return (
    (subscriptionId === undefined || delivery.subscriptionId === subscriptionId) &&
    (status === undefined || delivery.status === status) &&
    (trigger === undefined || delivery.trigger === trigger) &&
    (ofFlow === undefined || ofFlow.has(delivery.subscriptionId)) &&
    (code === undefined || delivery.code === code) &&
    (httpStatus === undefined || delivery.attempts.at(-1)?.status === httpStatus) &&
    (text === undefined || textOf(delivery, event).includes(text.toLowerCase()))
  );
}

/** Whether only deliveries that have a record of their own can be meant: those that were taken at once have none, and are far more. */
export function isOfRecords({ status, code, httpStatus }: DeliveryFilter): boolean {
  if (status === 'pending' || status === 'delivered') return false;
  if (status !== undefined) return true;
  const isFailure = httpStatus !== undefined && (httpStatus < 200 || httpStatus >= 300);
  return isFailure || (code !== undefined && code !== 'delivered');
}

/** All that somebody may remember of a delivery. */
function textOf(delivery: Delivery, event: Event): string {
  const { deliveryId, subscriptionId, about, code = '', reason, attempts, answer } = delivery;
  const runs = attempts.map(({ runId = '' }) => runId);
  const parts = [deliveryId, subscriptionId, about, code, reason, ...runs, answer?.body ?? '', JSON.stringify(event)];
  return parts.join('\n').toLowerCase();
}
