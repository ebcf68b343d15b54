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

/** What one text leads to. */
export interface Found {
  readonly subscriptions: readonly ManagedSubscription[];
  readonly events: readonly { readonly eventId: string; readonly about: string; readonly occurredAt: string }[];
  readonly deliveries: readonly {
    readonly deliveryId: string;
    readonly subscriptionId: string;
    readonly about: string;
    readonly occurredAt: string;
  }[];
  /** Whether there may be more subscriptions than these. */
  readonly more: boolean;
}

const MAX_FOUND = 50;
/** Ids within what somebody has pasted: a line of a log, a header, an address. */
const ID = /\b(?:sub|evt|dlv)_[\w-]+/g;

/**
 * Everything that a text may mean: the label of a subscription, its segment, measure, data source, connection, environment or instance, a flow by
 * its id in any form or the address of it or of one of its runs, or an id of ours wherever it stands in the text. At most ten storage requests, and
 * for each id five.
 */
export async function search(ports: SearchPorts, text: string): Promise<Found> {
  const ids = [...new Set(text.match(ID) ?? [])].slice(0, 5);
  if (ids.length === 0) {
    const { subscriptions, more } = await findSubscriptions(ports.tables, mentions(text), MAX_FOUND);
    return { subscriptions: subscriptions.map((one) => managedSubscription(one)), events: [], deliveries: [], more };
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
