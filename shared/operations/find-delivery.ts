import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { chunkRanges } from '../deliveries/outbox/chunk.ts';
import { parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import type { DeliveryRecord } from '../deliveries/records/delivery-record.ts';
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
  /** Its row, if it has one: it did not succeed at once, or was sent again. */
  readonly record: DeliveryRecord | undefined;
}

/** One delivery. `undefined`: the event never concerned the subscription, or is not known any more. 2 to 5 storage requests. */
export async function findDelivery(ports: FindDeliveryPorts, deliveryId: string): Promise<FoundDelivery | undefined> {
  const { activity, store } = ports;
  const address = parseDeliveryId(deliveryId);
  if (address === undefined) return undefined;
  const { eventId, range, rowKey } = address;
  const [told, record] = await Promise.all([activity.event(eventId), activity.record(deliveryId)]);
  if (told && record) return { delivery: recordedDelivery(told, record), event: told, record: record };
  for (const chunk of told ? (await activity.chunks(told)).values() : []) {
    const outcome = chunk.delivered.find((one) => one.range === range && one.rowKey === rowKey);
    if (told && outcome) return { delivery: deliveredAtOnce(told, outcome), event: told, record: undefined };
  }
  const open = await activity.outboxEntry(eventId);
  if (open === undefined) return undefined;
  const ranges = chunkRanges({ ...open, boundaries: undefined }, 0);
  const isMeant = ranges.some((one) => one.range === range && one.from <= rowKey && rowKey < one.to);
  const subscriptionId = isMeant ? subscriptionIdAt(open.event, range, rowKey) : undefined;
  const subscription = subscriptionId && (await store.load(subscriptionId));
  if (!subscription || !concerns(subscription, open.sequence)) return undefined;
  return { delivery: pendingDelivery(open.event, range, rowKey), event: open.event, record: undefined };
}
