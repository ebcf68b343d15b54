import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { chunkRanges } from '../deliveries/outbox/chunk.ts';
import { parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import type { StoredRecord } from '../deliveries/records/delivery-record.ts';
import type { Event } from '../events/event.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { concerns } from '../subscriptions/subscription.ts';
import { deliveredAtOnce, pendingDelivery, subscriptionIdAt, recordedDelivery, type Delivery } from './delivery.ts';

export interface FindDeliveryPorts {
  readonly activity: ActivityStore;
  readonly store: Pick<SubscriptionStore, 'load'>;
}

export interface FoundDelivery {
  readonly delivery: Delivery;
  readonly event: Event;
  /** Present when the first attempt did not succeed, or when the delivery was sent again. */
  readonly record: StoredRecord | undefined;
}

/**
 * Finds one delivery. Returns `undefined` when the event did not concern the subscription or is no
 * longer stored. Makes 2 to 5 storage requests.
 */
export async function findDelivery(ports: FindDeliveryPorts, deliveryId: string): Promise<FoundDelivery | undefined> {
  const { activity, store } = ports;
  const address = parseDeliveryId(deliveryId);
  if (address === undefined) return undefined;
  const { eventId, range, rowKey } = address;
  const [event, record] = await Promise.all([activity.event(eventId), activity.record(deliveryId)]);
  if (event && record) return { delivery: recordedDelivery(event, record), event, record };
  for (const chunk of event ? (await activity.chunks(event)).values() : []) {
    const outcome = chunk.delivered.find((delivered) => delivered.range === range && delivered.rowKey === rowKey);
    if (event && outcome) return { delivery: deliveredAtOnce(event, outcome), event, record: undefined };
  }
  const entry = await activity.outboxEntry(eventId);
  if (entry === undefined) return undefined;
  // The first attempt may be pending. Without chunk boundaries, chunk 0 covers all recipients.
  const ranges = chunkRanges({ ...entry, boundaries: undefined }, 0);
  const isInRange = ranges.some(
    (candidate) => candidate.range === range && candidate.from <= rowKey && rowKey < candidate.to,
  );
  const subscriptionId = isInRange ? subscriptionIdAt(entry.event, range, rowKey) : undefined;
  const subscription = subscriptionId && (await store.load(subscriptionId));
  if (!subscription || !concerns(subscription, entry.sequence)) return undefined;
  return { delivery: pendingDelivery(entry.event, range, rowKey), event: entry.event, record: undefined };
}
