import { callbackBody } from '../deliveries/attempt/callback-body.ts';
import { callbackHeaders } from '../deliveries/callback-request.ts';
import { parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import type { AttemptRecord } from '../deliveries/records/attempt-record.ts';
import type { shownStatuses } from '../subscriptions/subscription-list.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { thresholdOfKey } from '../subscriptions/threshold-key.ts';
import { hasThreshold } from '../triggers/trigger.ts';
import type { Delivery } from './delivery.ts';
import type { FoundDelivery } from './find-delivery.ts';
import { flowUrlOf } from './managed-subscription.ts';

export interface DeliveryDetailPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  readonly userAgent: string;
  /** Whether attempts are signed. */
  readonly isSigning: boolean;
}

/** A delivery with all its data. The callback URL is a secret and is not included. */
export type DeliveryDetail = Delivery & {
  /**
   * The request of the last attempt or, if there was no attempt yet, the one that the first attempt
   * will send. It is rebuilt, because requests are not stored.
   */
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly attempts: readonly (AttemptRecord & { readonly runUrl?: string })[];
  /** The name that the maker gave the subscription. */
  readonly label?: string;
  /** The present status of the subscription. */
  readonly subscriptionStatus?: (typeof shownStatuses)[number];
  /** The flow's page in Power Automate. */
  readonly flowUrl?: string;
};

/**
 * Adds the request, the URLs and the label to a delivery. Makes one storage request, or two if the
 * subscription has ended.
 */
export async function deliveryDetail(
  { store, userAgent, isSigning }: DeliveryDetailPorts,
  { delivery, event }: FoundDelivery,
): Promise<DeliveryDetail> {
  const { deliveryId, subscriptionId, trigger, occurredAt, attempts } = delivery;
  const subscription = await store.load(subscriptionId);
  const rowKey = parseDeliveryId(deliveryId)?.rowKey ?? '';
  // The row key of a subscription begins with its threshold, so the body can be rebuilt after the
  // row is deleted.
  const threshold = hasThreshold(trigger) ? thresholdOfKey(rowKey.slice(0, 16)) : undefined;
  const body = callbackBody(event, deliveryId, { id: subscriptionId, threshold });
  const atMs = Date.parse(attempts.at(-1)?.at ?? occurredAt);
  const headers = callbackHeaders({ deliveryId, userAgent, secrets: [], atMs, body });
  const url = subscription && flowUrlOf(subscription);
  return {
    ...delivery,
    request: { headers: { ...headers, ...(isSigning && { 'webhook-signature': 'v1,… (not shown)' }) }, body },
    attempts: attempts.map((attempt) => withRunUrl(attempt, subscription)),
    ...(subscription?.label !== undefined && { label: subscription.label }),
    ...(subscription && subscription.status !== 'deleted' && { subscriptionStatus: subscription.status }),
    ...(url !== undefined && { flowUrl: `${url}/details` }),
  };
}

/**
 * Adds the URL of the flow run. If the attempt called a successor of the subscription, the run is
 * in this flow too, because a successor is the same flow saved again.
 */
function withRunUrl(
  attempt: AttemptRecord,
  subscription: Subscription | undefined,
): AttemptRecord & { readonly runUrl?: string } {
  const url = attempt.runId === undefined ? undefined : subscription && flowUrlOf(subscription);
  return url === undefined ? attempt : { ...attempt, runUrl: `${url}/runs/${encodeURIComponent(attempt.runId ?? '')}` };
}
