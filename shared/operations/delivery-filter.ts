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
  /**
   * Only deliveries to this flow's subscriptions. The text is an id of the flow in any form, or the
   * URL of its page.
   */
  readonly flow?: string | undefined;
  /** Only deliveries whose status has this reason code. */
  readonly code?: string | undefined;
  /** Only deliveries whose last attempt received this HTTP status. */
  readonly httpStatus?: number | undefined;
  /** Only deliveries that contain this text in any of their data. Case is ignored. */
  readonly text?: string | undefined;
  /** Only deliveries of events that occurred at or after this time. */
  readonly sinceMs?: number | undefined;
  /** Only deliveries of events that occurred at or before this time. */
  readonly untilMs?: number | undefined;
  /** Whether each delivery lists its attempts. */
  readonly withAttempts?: boolean | undefined;
}

/**
 * Whether a delivery passes the parts of the filter that depend on the delivery and its event. The
 * other parts, such as the time range, are applied when events are read. `flowSubscriptionIds` are
 * the subscriptions of the flow in the filter, `undefined` when the filter names no flow. Pure.
 */
export function matchesFilter(
  delivery: Delivery,
  event: Event,
  { subscriptionId, status, trigger, code, httpStatus, text }: DeliveryFilter,
  flowSubscriptionIds: ReadonlySet<string> | undefined,
): boolean {
  return (
    (subscriptionId === undefined || delivery.subscriptionId === subscriptionId) &&
    (status === undefined || delivery.status === status) &&
    (trigger === undefined || delivery.trigger === trigger) &&
    (flowSubscriptionIds === undefined || flowSubscriptionIds.has(delivery.subscriptionId)) &&
    (code === undefined || delivery.code === code) &&
    (httpStatus === undefined || delivery.attempts.at(-1)?.status === httpStatus) &&
    (text === undefined || searchableText(delivery, event).includes(text.toLowerCase()))
  );
}

/**
 * Whether only deliveries with a delivery record can match. Most deliveries succeed at the first
 * attempt and have no record.
 */
export function requiresRecord({ status, code, httpStatus }: DeliveryFilter): boolean {
  if (status === 'pending' || status === 'delivered') return false;
  if (status !== undefined) return true;
  const isFailure = httpStatus !== undefined && (httpStatus < 200 || httpStatus >= 300);
  return isFailure || (code !== undefined && code !== 'delivered');
}

/** All the text that a text filter searches. */
function searchableText(delivery: Delivery, event: Event): string {
  const { deliveryId, subscriptionId, about, code = '', reason, attempts, answer } = delivery;
  const runs = attempts.map(({ runId = '' }) => runId);
  const parts = [deliveryId, subscriptionId, about, code, reason, ...runs, answer?.body ?? '', JSON.stringify(event)];
  return parts.join('\n').toLowerCase();
}
