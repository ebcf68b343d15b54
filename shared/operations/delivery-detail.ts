import { callbackBody } from '../deliveries/attempt/callback-body.ts';
import { callbackHeaders } from '../deliveries/callback-request.ts';
import { parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import type { AttemptRecord } from '../deliveries/records/attempt-record.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { thresholdOfKey } from '../subscriptions/threshold-key.ts';
import type { Delivery } from './delivery.ts';
import type { FoundDelivery } from './find-delivery.ts';
import { flowUrlOf } from './managed-subscription.ts';

export interface DeliveryDetailPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  readonly userAgent: string;
  /** Whether attempts are signed. */
  readonly isSigning: boolean;
}

/** A delivery with all that is known of it. The callback URL is a secret, and never part of it. */
export type DeliveryDetail = Delivery & {
  /** What was sent at the last attempt, or will be at the first: rebuilt, since nothing of it is kept. */
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly attempts: readonly (AttemptRecord & { readonly runUrl?: string })[];
  /** What its subscription is called. */
  readonly label?: string;
  readonly flowUrl?: string;
};

/** One storage request, one more when its subscription is no longer in its place. */
export async function deliveryDetail(
  { store, userAgent, isSigning }: DeliveryDetailPorts,
  { delivery, event }: FoundDelivery,
): Promise<DeliveryDetail> {
  const { deliveryId, subscriptionId, trigger, occurredAt, attempts } = delivery;
  const subscription = await store.load(subscriptionId);
  const rowKey = parseDeliveryId(deliveryId)?.rowKey ?? '';
  const isCrossing = trigger === 'segment-threshold-crossed' || trigger === 'measure-threshold-crossed';
  // The address of a subscription begins with its threshold: the body can be rebuilt when its row is no longer kept.
  const threshold = isCrossing ? thresholdOfKey(rowKey.slice(0, 16)) : undefined;
  const body = callbackBody(event, deliveryId, { id: subscriptionId, threshold });
  const atMs = Date.parse(attempts.at(-1)?.at ?? occurredAt);
  const headers = callbackHeaders({ deliveryId, userAgent, secrets: [], atMs, body });
  const url = subscription && flowUrlOf(subscription);
  return {
    ...delivery,
    request: { headers: { ...headers, ...(isSigning && { 'webhook-signature': 'v1,… (not shown)' }) }, body },
    attempts: attempts.map((attempt) => withRunUrl(attempt, subscription)),
    ...(subscription?.label !== undefined && { label: subscription.label }),
    ...(url !== undefined && { flowUrl: `${url}/details` }),
  };
}

/** A successor is the same flow, saved again. */
function withRunUrl(
  attempt: AttemptRecord,
  subscription: Subscription | undefined,
): AttemptRecord & { readonly runUrl?: string } {
  const url = attempt.runId === undefined ? undefined : subscription && flowUrlOf(subscription);
  return url === undefined ? attempt : { ...attempt, runUrl: `${url}/runs/${encodeURIComponent(attempt.runId ?? '')}` };
}
