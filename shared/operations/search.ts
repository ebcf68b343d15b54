import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import { eventSentence } from '../events/event-sentence.ts';
import { parseEventId } from '../events/event-id.ts';
import type { Tables } from '../storage/tables.ts';
import { findSubscriptions, mentions } from '../subscriptions/find-subscriptions.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import { isShown } from '../subscriptions/subscription-list.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { findDelivery, type FindDeliveryPorts } from './find-delivery.ts';
import { managedSubscription, type ManagedSubscription } from './managed-subscription.ts';

export interface SearchPorts extends FindDeliveryPorts {
  readonly tables: Tables;
  readonly store: SubscriptionStore;
  readonly activity: ActivityStore;
}

/** The results of a search. */
export interface Found {
  readonly subscriptions: readonly ManagedSubscription[];
  readonly events: readonly { readonly eventId: string; readonly about: string; readonly occurredAt: string }[];
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly subscriptionId: string;
    readonly about: string;
    readonly occurredAt: string;
  }[];
  /** Whether there may be further subscriptions that match. */
  readonly more: boolean;
}

/** Maximum number of subscriptions in the results of a search for a text without ids. */
const MAX_FOUND = 50;
/** Ids within pasted text, such as a log line, a header or a URL. */
const ID = /\b(?:sub|evt|dlv)_[\w-]+/g;

/**
 * Finds what a text refers to. The text may contain ids of subscriptions, events and deliveries.
 * Otherwise it is compared with the label, segment, measure, data source, connection, environment
 * and instance of each subscription, and with the ids of its flow. The URL of a flow or of a run is
 * accepted too. Makes at most ten storage requests, or five for each id.
 */
export async function search(ports: SearchPorts, text: string): Promise<Found> {
  const ids = [...new Set(text.match(ID) ?? [])].slice(0, 5);
  if (ids.length === 0) {
    const { subscriptions, more } = await findSubscriptions(ports.tables, mentions(text), MAX_FOUND);
    return {
      subscriptions: subscriptions.map((subscription) => managedSubscription(subscription)),
      events: [],
      deliveries: [],
      more,
    };
  }
  const found = await Promise.all(ids.map((id) => byId(ports, id)));
  return {
    subscriptions: found.flatMap(({ subscriptions = [] }) => subscriptions),
    events: found.flatMap(({ events = [] }) => events),
    deliveries: found.flatMap(({ deliveries = [] }) => deliveries),
    more: false,
  };
}

async function byId(ports: SearchPorts, id: string): Promise<Partial<Found>> {
  if (parseSubscriptionId(id) !== undefined) {
    const subscription = await ports.store.load(id);
    return subscription && isShown(subscription) ? { subscriptions: [managedSubscription(subscription)] } : {};
  }
  if (parseEventId(id) !== undefined) {
    const event = (await ports.activity.event(id)) ?? (await ports.activity.outboxEntry(id))?.event;
    return event ? { events: [{ eventId: id, about: eventSentence(event), occurredAt: event.occurredAt }] } : {};
  }
  if (parseDeliveryId(id) === undefined) return {};
  const found = await findDelivery(ports, id);
  if (found === undefined) return {};
  const { deliveryId, subscriptionId, about, occurredAt } = found.delivery;
  return { deliveries: [{ deliveryId, subscriptionId, about, occurredAt }] };
}
