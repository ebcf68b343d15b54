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
import { coveredInstances, type CoveredInstancesPorts } from './covered-instances.ts';
import { matchesFilter, requiresRecord, type DeliveryFilter } from './delivery-filter.ts';
import { deliverySummary, recordedDelivery, type Delivery, type DeliverySummary } from './delivery.ts';
import { deliveriesOf, type EventDeliveriesPorts } from './event-deliveries.ts';
import { hasRecipient, listEvents, rangeOfSubject } from './event-list.ts';
import { findDelivery } from './find-delivery.ts';
import { newestRows, type PageRequest } from './newest-rows.ts';

export interface DeliveryListPorts extends EventDeliveriesPorts, CoveredInstancesPorts {
  readonly activity: ActivityStore;
  readonly store: Pick<SubscriptionStore, 'load' | 'page'>;
}

export interface DeliveryPage {
  readonly deliveries: DeliverySummary[];
  readonly next?: string;
  /**
   * Present when there is a next page: this page and those before it cover all events since this
   * time.
   */
  readonly lookedBackTo?: string;
  /** Present when there are instances that were not searched. */
  readonly more?: true;
}

/**
 * Maximum number of events read for one page of deliveries. A page can therefore be short even when
 * a next page exists.
 */
const EVENTS_A_PAGE = 20;

/**
 * Maximum number of delivery records read for one page when the filter has conditions that storage
 * cannot evaluate.
 */
const RECORDS_A_PAGE = 300;
/** Maximum number of subscriptions that a filter by flow covers. */
const MAX_OF_FLOW = 100;

/**
 * Lists deliveries, those of the newest event first. Rejects with `RangeError` when `next` does not
 * come from an earlier page.
 */
export async function listDeliveries(
  ports: DeliveryListPorts,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> {
  const { eventId, subscriptionId, flow } = filter;
  const flowSubscriptionIds = flow === undefined ? undefined : await subscriptionsOfFlow(ports.tables, flow);
  if (flowSubscriptionIds?.size === 0) return { deliveries: [] };
  const search = { filter, flowSubscriptionIds };
  if (eventId !== undefined) return deliveriesOfEvent(ports, eventId, search, page);
  const onlyId = subscriptionId ?? (flowSubscriptionIds?.size === 1 ? [...flowSubscriptionIds][0] : undefined);
  if (onlyId !== undefined) return deliveriesOfSubscription(ports, onlyId, search, page);
  return requiresRecord(filter) ? recordedDeliveries(ports, search, page) : deliveriesOfEvents(ports, search, page);
}

interface Search {
  readonly filter: DeliveryFilter;
  /** The subscriptions of the flow in the filter. */
  readonly flowSubscriptionIds: ReadonlySet<string> | undefined;
}

async function subscriptionsOfFlow(tables: DeliveryListPorts['tables'], text: string): Promise<ReadonlySet<string>> {
  const flow = namedFlow(text);
  const belongsToFlow = (subscription: Subscription): boolean =>
    flow === undefined
      ? subscription.workflowId === text || subscription.workflowName === text
      : isOfFlow(subscription, flow);
  const { subscriptions } = await findSubscriptions(tables, belongsToFlow, MAX_OF_FLOW);
  return new Set(subscriptions.map(({ id }) => id));
}

/**
 * The fields that a page has when a next page exists: `next`, and the time back to which it has
 * searched.
 */
function pageEnd(next: string | undefined): Pick<DeliveryPage, 'next' | 'lookedBackTo'> {
  if (next === undefined) return {};
  return { next, lookedBackTo: new Date(instantOfKey(next)).toISOString() };
}

async function deliveriesOfEvent(
  ports: DeliveryListPorts,
  eventId: string,
  { filter, flowSubscriptionIds }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  if (next !== undefined && parseDeliveryId(next) === undefined)
    throw new RangeError('next must come from an earlier page');
  const address = parseEventId(eventId);
  if (address === undefined || (filter.instanceId ?? address.instanceId) !== address.instanceId) {
    return { deliveries: [] };
  }
  // An event has a row in the activity table only once a chunk has been claimed. Until then it is
  // found in its outbox entry.
  const [recorded, entry] = await Promise.all([ports.activity.event(eventId), ports.activity.outboxEntry(eventId)]);
  const event = recorded ?? entry?.event;
  if (event === undefined || !isInTime(event, filter)) return { deliveries: [] };
  const all = (await deliveriesOf(ports, event, entry)).filter((delivery) =>
    matchesFilter(delivery, event, filter, flowSubscriptionIds),
  );
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

/**
 * Reads the events of the subscription's trigger, and for each event about its subject the one
 * delivery that the event can have for the subscription.
 */
async function deliveriesOfSubscription(
  ports: DeliveryListPorts,
  subscriptionId: string,
  { filter, flowSubscriptionIds }: Search,
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
      // The index of the event's recipient range that may contain the subscription, or -1.
      const range = rangeOfSubject(event, subjectHash);
      if (range < 0 || !hasRecipient(event, range, rowKey)) return [];
      const match = await findDelivery(ports, formatDeliveryId(event.eventId, range, rowKey));
      return match && matchesFilter(match.delivery, event, filter, flowSubscriptionIds)
        ? [summaryOf(filter)(match.delivery)]
        : [];
    }),
  );
  return { deliveries: found.flat(), ...pageEnd(next) };
}

/**
 * Lists deliveries that have a record, newest first. Storage selects the records by status and code
 * only. The other conditions of the filter are checked here, page by page.
 */
async function recordedDeliveries(
  ports: DeliveryListPorts,
  { filter, flowSubscriptionIds }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  const { status, code, trigger, httpStatus, text, sinceMs, untilMs } = filter;
  const { instanceIds, ...more } = await coveredInstances(ports, filter.instanceId);
  const search = {
    instanceIds,
    // `trouble` is the stored name of a delivery record.
    where: { kind: 'trouble', ...(status && { status }), ...(code !== undefined && { code }) },
    sinceMs,
    untilMs,
  };
  const isNarrow = [trigger, httpStatus, text, flowSubscriptionIds].some((condition) => condition !== undefined);
  const page = { limit: isNarrow ? RECORDS_A_PAGE : limit, ...(next !== undefined && { next }) };
  const found = await newestRows(ports.tables, search, page);
  const records = found.rows.map((row) => ({ row, record: recordOfRow(row) }));
  const events = await eventsOf(ports.activity, records);
  const deliveries: DeliverySummary[] = [];
  for (const { row, record } of records) {
    const event = events.get(parseDeliveryId(record.deliveryId)?.eventId ?? '');
    const delivery = event && recordedDelivery(event, record);
    if (!delivery || !matchesFilter(delivery, event, filter, flowSubscriptionIds)) continue;
    deliveries.push(summaryOf(filter)(delivery));
    // The page is full. The next page begins after this record, so it reads the remaining records
    // again.
    if (deliveries.length === limit && row !== records.at(-1)?.row)
      return { deliveries, ...more, ...pageEnd(row.rowKey) };
  }
  return { deliveries, ...more, ...pageEnd(found.next) };
}

/** Reads the event of each record. Records that share an event cause only one read. */
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

/**
 * Reads one event after the other. A page may end within the deliveries of an event. `next`
 * therefore consists of the row key of the last event whose deliveries were all listed, a dot, and
 * the id of the last delivery that was listed for the next event.
 */
async function deliveriesOfEvents(
  ports: DeliveryListPorts,
  { filter, flowSubscriptionIds }: Search,
  { limit, next }: PageRequest,
): Promise<DeliveryPage> {
  const [before = '', within = '', ...rest] = next?.split('.') ?? [];
  const isEnd = rest.length === 0 && (within === '' || parseDeliveryId(within) !== undefined);
  if (next !== undefined && !isEnd) throw new RangeError('next must come from an earlier page');
  const { trigger, sinceMs, untilMs } = filter;
  const { instanceIds, ...more } = await coveredInstances(ports, filter.instanceId);
  const search = { instanceIds, trigger, sinceMs, untilMs, withTests: true };
  const found = await listEvents(ports, search, { limit: EVENTS_A_PAGE, ...(before !== '' && { next: before }) });
  const deliveries: DeliverySummary[] = [];
  let done = before;
  for (const [index, event] of found.events.entries()) {
    const entry = await ports.activity.outboxEntry(event.eventId);
    const all = (await deliveriesOf(ports, event, entry)).filter((delivery) =>
      matchesFilter(delivery, event, filter, flowSubscriptionIds),
    );
    const unlisted = index === 0 ? all.filter(({ deliveryId }) => deliveryId > within) : all;
    const taken = unlisted.slice(0, limit - deliveries.length);
    deliveries.push(...taken.map(summaryOf(filter)));
    if (taken.length < unlisted.length) {
      const { occurredAt: lookedBackTo } = event;
      return { deliveries, ...more, next: `${done}.${taken.at(-1)?.deliveryId ?? ''}`, lookedBackTo };
    }
    done = eventRowKey(addressOfEvent(event.eventId));
  }
  return { deliveries, ...more, ...(found.next !== undefined && { ...pageEnd(found.next), next: `${found.next}.` }) };
}

function summaryOf({ withAttempts = false }: DeliveryFilter): (delivery: Delivery) => DeliverySummary {
  return (delivery) => deliverySummary(delivery, withAttempts);
}
