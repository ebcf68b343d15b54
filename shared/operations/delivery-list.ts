import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { addressOfEvent, eventRowKey } from '../deliveries/records/activity-rows.ts';
import { formatDeliveryId, parseDeliveryId } from '../deliveries/records/delivery-id.ts';
import { recordOfRow, type DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { instantOfKey, parseEventId } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import { findSubscriptions } from '../subscriptions/find-subscriptions.ts';
import { isOfFlow, namedFlow } from '../subscriptions/flow-id.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { isMeant, isOfRecords, type DeliveryFilter } from './delivery-filter.ts';
import { deliverySummary, recordedDelivery, type Delivery, type DeliverySummary } from './delivery.ts';
import { deliveriesOf, type EventDeliveriesPorts } from './event-deliveries.ts';
import { listEvents, rangeOfSubject } from './event-list.ts';
import { findDelivery } from './find-delivery.ts';
import { newestRows, type PageRequest } from './newest-rows.ts';

export interface DeliveryListPorts extends EventDeliveriesPorts {
  readonly activity: ActivityStore;
  readonly store: Pick<SubscriptionStore, 'load' | 'page'>;
  readonly instanceIds: () => Promise<readonly string[]>;
}

export interface DeliveryPage {
  readonly deliveries: DeliverySummary[];
  readonly next?: string;
  /** When there is a next page: the instant down to which deliveries were looked through. */
  readonly lookedBackTo?: string;
}

/** Events looked through for one page of deliveries: a page may be short although there is a next one. */
const EVENTS_A_PAGE = 20;

/** Delivery records looked through for one page where a filter asks for more than storage can look for. */
const RECORDS_A_PAGE = 300;
/** Subscriptions of one flow that are looked for. */
const MAX_OF_FLOW = 100;

/** Deliveries, those of the newest event first. */
export async function listDeliveries(
  ports: DeliveryListPorts,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> {
  const { eventId, subscriptionId, flow } = filter;
  const ofFlow = flow === undefined ? undefined : await subscriptionsOfFlow(ports.tables, flow);
  if (ofFlow?.size === 0) return { deliveries: [] };
  const search = { filter, ofFlow };
  if (eventId !== undefined) return ofEvent(ports, eventId, search, page);
  const only = subscriptionId ?? (ofFlow?.size === 1 ? [...ofFlow][0] : undefined);
  if (only !== undefined) return ofSubscription(ports, only, search, page);
  return isOfRecords(filter) ? recordsOnly(ports, search, page) : ofEvents(ports, search, page);
}

interface Search {
  readonly filter: DeliveryFilter;
  /** The subscriptions of the flow that is asked for. */
  readonly ofFlow: ReadonlySet<string> | undefined;
}

async function subscriptionsOfFlow(tables: DeliveryListPorts['tables'], text: string): Promise<ReadonlySet<string>> {
  const flow = namedFlow(text);
  const isMeant = (one: Subscription): boolean =>
    flow === undefined ? one.workflowId === text || one.workflowName === text : isOfFlow(one, flow);
  const { subscriptions } = await findSubscriptions(tables, isMeant, MAX_OF_FLOW);
  return new Set(subscriptions.map(({ id }) => id));
}

/** The instances that are looked through. */
async function instancesOf(ports: DeliveryListPorts, { instanceId }: DeliveryFilter): Promise<readonly string[]> {
  return instanceId === undefined ? ports.instanceIds() : [instanceId];
}

/** How far back a page that has a next one has looked. */
function endedAt(next: string | undefined): Pick<DeliveryPage, 'next' | 'lookedBackTo'> {
  if (next === undefined) return {};
  return { next, lookedBackTo: new Date(instantOfKey(next)).toISOString() };
}

async function ofEvent(
  ports: DeliveryListPorts,
  eventId: string,
  { filter, ofFlow }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  if (next !== undefined && parseDeliveryId(next) === undefined) throw new RangeError('not the end of a page');
  const address = parseEventId(eventId);
  if (address === undefined || (filter.instanceId ?? address.instanceId) !== address.instanceId) {
    return { deliveries: [] };
  }
  const [told, open] = await Promise.all([ports.activity.event(eventId), ports.activity.outboxEntry(eventId)]);
  const event = told ?? open?.event;
  if (event === undefined || !isInTime(event, filter)) return { deliveries: [] };
  const all = (await deliveriesOf(ports, event, open)).filter((delivery) => isMeant(delivery, event, filter, ofFlow));
  const rest = next === undefined ? all : all.filter(({ deliveryId }) => deliveryId > next);
  const last = rest[limit - 1];
  return {
    deliveries: rest.slice(0, limit).map(summaryOf(filter)),
    ...(last && rest.length > limit && { next: last.deliveryId }),
  };
}

function isInTime({ occurredAt }: Event, { sinceMs = -Infinity, untilMs = Infinity }: DeliveryFilter): boolean {
  const atMs = Date.parse(occurredAt);
  return atMs >= sinceMs && atMs <= untilMs;
}

/** Its subject's events lead to a subscription's deliveries: in each it has one place. */
async function ofSubscription(
  ports: DeliveryListPorts,
  subscriptionId: string,
  { filter, ofFlow }: Search,
  page: PageRequest,
): Promise<DeliveryPage> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return { deliveries: [] };
  const { instanceId, trigger, subjectHash, rowKey } = address;
  if ((filter.instanceId ?? instanceId) !== instanceId) return { deliveries: [] };
  const { sinceMs, untilMs } = filter;
  const search = { instanceIds: [instanceId], trigger, sinceMs, untilMs, withTests: true };
  const { events, next } = await listEvents(ports, search, page);
  const found = await Promise.all(
    events.map(async (event) => {
      const range = rangeOfSubject(event, subjectHash);
      if (range < 0) return [];
      const one = await findDelivery(ports, formatDeliveryId(event.eventId, range, rowKey));
      return one && isMeant(one.delivery, event, filter, ofFlow) ? [summaryOf(filter)(one.delivery)] : [];
    }),
  );
  return { deliveries: found.flat(), ...endedAt(next) };
}

/**
 * Those with records of their own are found by their status and code alone. What else is asked for is looked for in the newest of them, page
 * by page.
 */
async function recordsOnly(
  ports: DeliveryListPorts,
  { filter, ofFlow }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  const { status, code, trigger, httpStatus, text, sinceMs, untilMs } = filter;
  const search = {
    instanceIds: await instancesOf(ports, filter),
    where: { kind: 'trouble', ...(status && { status }), ...(code !== undefined && { code }) },
    sinceMs,
    untilMs,
  };
  const isNarrow = [trigger, httpStatus, text, ofFlow].some((one) => one !== undefined);
  const page = { limit: isNarrow ? RECORDS_A_PAGE : limit, ...(next !== undefined && { next }) };
  const found = await newestRows(ports.tables, search, page);
  const records = found.rows.map((row) => ({ row, record: recordOfRow(row) }));
  const events = await eventsOf(ports.activity, records);
  const deliveries: DeliverySummary[] = [];
  for (const { row, record } of records) {
    const event = events.get(parseDeliveryId(record.deliveryId)?.eventId ?? '');
    const delivery = event && recordedDelivery(event, record);
    if (!delivery || !isMeant(delivery, event, filter, ofFlow)) continue;
    deliveries.push(summaryOf(filter)(delivery));
    // Where the page is full the next one goes on, though more was looked through.
    if (deliveries.length === limit && row !== records.at(-1)?.row) return { deliveries, ...endedAt(row.rowKey) };
  }
  return { deliveries, ...endedAt(found.next) };
}

/** Of many deliveries of few events each event is read once. */
async function eventsOf(
  activity: ActivityStore,
  records: readonly { readonly record: DeliveryRecord }[],
): Promise<ReadonlyMap<string, Event>> {
  const ids = new Set(records.map(({ record }) => parseDeliveryId(record.deliveryId)?.eventId ?? ''));
  const found = await Promise.all(
    [...ids].map(async (id): Promise<[string, Event][]> => {
      const event = await activity.event(id);
      return event ? [[id, event]] : [];
    }),
  );
  return new Map(found.flat());
}

/** Event by event; a page may end within one: `next` is the row key of the last whole event, a dot, and where the one after it was cut. */
async function ofEvents(
  ports: DeliveryListPorts,
  { filter, ofFlow }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  const [before = '', within = '', ...more] = next?.split('.') ?? [];
  const isEnd = more.length === 0 && (within === '' || parseDeliveryId(within) !== undefined);
  if (next !== undefined && !isEnd) throw new RangeError('not the end of a page');
  const { trigger, sinceMs, untilMs } = filter;
  const search = { instanceIds: await instancesOf(ports, filter), trigger, sinceMs, untilMs, withTests: true };
  const found = await listEvents(ports, search, { limit: EVENTS_A_PAGE, ...(before !== '' && { next: before }) });
  const deliveries: DeliverySummary[] = [];
  let done = before;
  for (const [index, event] of found.events.entries()) {
    const open = await ports.activity.outboxEntry(event.eventId);
    const all = (await deliveriesOf(ports, event, open)).filter((delivery) => isMeant(delivery, event, filter, ofFlow));
    const rest = index === 0 ? all.filter(({ deliveryId }) => deliveryId > within) : all;
    const taken = rest.slice(0, limit - deliveries.length);
    deliveries.push(...taken.map(summaryOf(filter)));
    if (taken.length < rest.length) {
      const { occurredAt: lookedBackTo } = event;
      return { deliveries, next: `${done}.${taken.at(-1)?.deliveryId ?? ''}`, lookedBackTo };
    }
    done = eventRowKey(addressOfEvent(event.eventId));
  }
  return { deliveries, ...(found.next !== undefined && { ...endedAt(done), next: `${done}.` }) };
}

function summaryOf({ withAttempts = false }: DeliveryFilter): (delivery: Delivery) => DeliverySummary {
  return (delivery) => deliverySummary(delivery, withAttempts);
}
