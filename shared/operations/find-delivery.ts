import type { ActivityStore } from '../deliveries/activity-store.ts';
import { chunkRanges } from '../deliveries/chunk.ts';
import { parseDeliveryId } from '../deliveries/delivery-id.ts';
import type { Trouble } from '../deliveries/trouble.ts';
import type { Event } from '../events/event.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { concerns } from '../subscriptions/subscription.ts';
import { deliveredAtOnce, pendingDelivery, subscriptionIdAt, troubledDelivery, type Delivery } from './delivery.ts';

export interface FindDeliveryPorts {
  readonly activity: ActivityStore;
  readonly store: Pick<SubscriptionStore, 'load'>;
}

export interface FoundDelivery {
  readonly delivery: Delivery;
  readonly event: Event;
  /** Its row, if it has one: it did not succeed at once, or was sent again. */
  readonly trouble: Trouble | undefined;
}

/** One delivery. `undefined`: the event never concerned the subscription, or is not known any more. 2 to 5 storage requests. */
export async function findDelivery(ports: FindDeliveryPorts, deliveryId: string): Promise<FoundDelivery | undefined> {
  const { activity, store } = ports;
  const address = parseDeliveryId(deliveryId);
  if (address === undefined) return undefined;
  const { eventId, range, rowKey } = address;
  const [told, trouble] = await Promise.all([activity.event(eventId), activity.trouble(deliveryId)]);
  if (told && trouble) return { delivery: troubledDelivery(told, trouble), event: told, trouble };
  for (const chunk of told ? (await activity.chunks(told)).values() : []) {
    const outcome = chunk.delivered.find((one) => one.range === range && one.rowKey === rowKey);
    if (told && outcome) return { delivery: deliveredAtOnce(told, outcome), event: told, trouble: undefined };
  }
  const open = await activity.openEvent(eventId);
  if (open === undefined) return undefined;
  const ranges = chunkRanges({ ...open, boundaries: undefined }, 0);
  const isMeant = ranges.some((one) => one.range === range && one.from <= rowKey && rowKey < one.to);
  const subscriptionId = isMeant ? subscriptionIdAt(open.event, range, rowKey) : undefined;
  const subscription = subscriptionId && (await store.load(subscriptionId));
  if (!subscription || !concerns(subscription, open.sequence)) return undefined;
  return { delivery: pendingDelivery(open.event, range, rowKey), event: open.event, trouble: undefined };
}
