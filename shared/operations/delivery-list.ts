import type { ActivityStore } from '../deliveries/activity-store.ts';
import { addressOfEvent, eventRowKey } from '../deliveries/activity-rows.ts';
import { formatDeliveryId, parseDeliveryId } from '../deliveries/delivery-id.ts';
import { troubleOfRow } from '../deliveries/trouble.ts';
import { parseEventId } from '../events/event-id.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import {
  deliverySummary,
  troubledDelivery,
  type Delivery,
  type DeliveryStatus,
  type DeliverySummary,
} from './delivery.ts';
import { deliveriesOf, type EventDeliveriesPorts } from './event-deliveries.ts';
import { listEvents, rangeOfSubject } from './event-list.ts';
import { findDelivery } from './find-delivery.ts';
import { newestRows, type PageRequest } from './newest-rows.ts';

export interface DeliveryListPorts extends EventDeliveriesPorts {
  readonly activity: ActivityStore;
  readonly store: Pick<SubscriptionStore, 'load' | 'page'>;
  readonly instanceIds: () => Promise<readonly string[]>;
}

export interface DeliveryFilter {
  readonly eventId?: string | undefined;
  readonly subscriptionId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  /** Deliveries of events that occurred at or after this instant. */
  readonly sinceMs?: number | undefined;
  /** Whether each attempt is listed too. */
  readonly withAttempts?: boolean | undefined;
}

export interface DeliveryPage {
  readonly deliveries: DeliverySummary[];
  readonly next?: string;
}

/** Events looked through for one page of deliveries: a page may be short although there is a next one. */
const EVENTS_A_PAGE = 20;

/** Deliveries, those of the newest event first. */
export async function listDeliveries(
  ports: DeliveryListPorts,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> {
  if (filter.eventId !== undefined) return ofEvent(ports, filter.eventId, filter, page);
  if (filter.subscriptionId !== undefined) return ofSubscription(ports, filter.subscriptionId, filter, page);
  switch (filter.status) {
    case 'retrying':
    case 'parked':
    case 'dead':
    case 'ended':
      return troubledOnly(ports, filter.status, filter, page);
    case 'pending':
    case 'delivered':
    case undefined:
      return ofEvents(ports, filter, page);
  }
}

async function ofEvent(
  ports: DeliveryListPorts,
  eventId: string,
  filter: DeliveryFilter,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  if (next !== undefined && parseDeliveryId(next) === undefined) throw new RangeError('not the end of a page');
  if (parseEventId(eventId) === undefined) return { deliveries: [] };
  const [told, open] = await Promise.all([ports.activity.event(eventId), ports.activity.openEvent(eventId)]);
  const event = told ?? open?.event;
  if (event === undefined || Date.parse(event.occurredAt) < (filter.sinceMs ?? 0)) return { deliveries: [] };
  const all = (await deliveriesOf(ports, event, open)).filter((delivery) => matches(delivery, filter));
  const rest = next === undefined ? all : all.filter(({ deliveryId }) => deliveryId > next);
  const last = rest[limit - 1];
  return {
    deliveries: rest.slice(0, limit).map(summaryOf(filter)),
    ...(last && rest.length > limit && { next: last.deliveryId }),
  };
}

/** Its subject's events lead to a subscription's deliveries: in each it has one place. */
async function ofSubscription(
  ports: DeliveryListPorts,
  subscriptionId: string,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return { deliveries: [] };
  const { instanceId, trigger, subjectHash, rowKey } = address;
  const search = { instanceIds: [instanceId], trigger, sinceMs: filter.sinceMs, withTests: true };
  const { events, next } = await listEvents(ports, search, page);
  const found = await Promise.all(
    events.map(async (event) => {
      const range = rangeOfSubject(event, subjectHash);
      if (range < 0) return [];
      const one = await findDelivery(ports, formatDeliveryId(event.eventId, range, rowKey));
      return one && matches(one.delivery, filter) ? [summaryOf(filter)(one.delivery)] : [];
    }),
  );
  return { deliveries: found.flat(), ...(next !== undefined && { next }) };
}

/** Those with rows of their own are found by their status alone. */
async function troubledOnly(
  ports: DeliveryListPorts,
  status: DeliveryStatus,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> {
  const search = {
    instanceIds: await ports.instanceIds(),
    where: { kind: 'trouble', status },
    sinceMs: filter.sinceMs,
  };
  const { rows, next } = await newestRows(ports.tables, search, page);
  const troubles = rows.map(troubleOfRow);
  const eventIds = new Set(troubles.map(({ deliveryId }) => parseDeliveryId(deliveryId)?.eventId ?? ''));
  const events = new Map(
    await Promise.all([...eventIds].map(async (id) => [id, await ports.activity.event(id)] as const)),
  );
  const deliveries = troubles.flatMap((trouble) => {
    const event = events.get(parseDeliveryId(trouble.deliveryId)?.eventId ?? '');
    return event ? [summaryOf(filter)(troubledDelivery(event, trouble))] : [];
  });
  return { deliveries, ...(next !== undefined && { next }) };
}

/** Event by event; a page may end within one: `next` is the row key of the last whole event, a dot, and where the one after it was cut. */
async function ofEvents(
  ports: DeliveryListPorts,
  filter: DeliveryFilter,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  const [before = '', within = '', ...more] = next?.split('.') ?? [];
  const isEnd = more.length === 0 && (within === '' || parseDeliveryId(within) !== undefined);
  if (next !== undefined && !isEnd) throw new RangeError('not the end of a page');
  const search = { instanceIds: await ports.instanceIds(), sinceMs: filter.sinceMs, withTests: true };
  const found = await listEvents(ports, search, { limit: EVENTS_A_PAGE, ...(before !== '' && { next: before }) });
  const deliveries: DeliverySummary[] = [];
  let done = before;
  for (const [index, event] of found.events.entries()) {
    const open = await ports.activity.openEvent(event.eventId);
    const all = (await deliveriesOf(ports, event, open)).filter((delivery) => matches(delivery, filter));
    const rest = index === 0 ? all.filter(({ deliveryId }) => deliveryId > within) : all;
    const taken = rest.slice(0, limit - deliveries.length);
    deliveries.push(...taken.map(summaryOf(filter)));
    if (taken.length < rest.length) return { deliveries, next: `${done}.${taken.at(-1)?.deliveryId ?? ''}` };
    done = eventRowKey(addressOfEvent(event.eventId));
  }
  return { deliveries, ...(found.next !== undefined && { next: `${done}.` }) };
}

function summaryOf({ withAttempts = false }: DeliveryFilter): (delivery: Delivery) => DeliverySummary {
  return (delivery) => deliverySummary(delivery, withAttempts);
}

function matches(delivery: Delivery, { subscriptionId, status }: DeliveryFilter): boolean {
  return (
    (subscriptionId === undefined || delivery.subscriptionId === subscriptionId) &&
    (status === undefined || delivery.status === status)
  );
}
