import { eventOfRow } from '../deliveries/records/activity-rows.ts';
import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { parseEventId } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import { recipientRanges, recipientsOf, type OutboxEntry } from '../events/outbox-entry.ts';
import type { RecipientSubject } from '../triggers/trigger-record.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { countDeliveries, type DeliveryCounts, type EventDeliveriesPorts } from './event-deliveries.ts';
import { newestRows, type PageRequest } from './newest-rows.ts';

export interface EventFilter {
  readonly instanceIds: readonly string[];
  readonly trigger?: Trigger | undefined;
  /** Only events that occurred at or after this time. */
  readonly sinceMs?: number | undefined;
  /** Only events that occurred at or before this time. */
  readonly untilMs?: number | undefined;
  /**
   * Whether test events are included. A flow that reads missed events must not get them, because it
   * would treat them as real.
   */
  readonly withTests: boolean;
}

/**
 * Lists recorded events, newest first. An event is recorded when the fan-out to its recipients
 * begins.
 */
export async function listEvents(
  { tables }: Pick<EventDeliveriesPorts, 'tables'>,
  { instanceIds, trigger, sinceMs, untilMs, withTests }: EventFilter,
  page: PageRequest,
): Promise<{ events: Event[]; next?: string }> {
  const where = { kind: 'event', ...(trigger && { trigger }), ...(!withTests && { test: false }) };
  const { rows, next } = await newestRows(tables, { instanceIds, where, sinceMs, untilMs }, page);
  return { events: rows.map(eventOfRow), ...(next !== undefined && { next }) };
}

/** An event with the counts of its deliveries. */
export type EventView = Event & {
  /** Whether the event has an outbox entry. If so, deliveries may be pending. */
  readonly open: boolean;
  readonly deliveries: DeliveryCounts;
};

export interface EventViewPorts extends EventDeliveriesPorts {
  /** The outbox entries of an instance. */
  readonly outbox: (instanceId: string) => Promise<readonly OutboxEntry[]>;
}

/** Events with the counts of their deliveries. Makes about two storage requests for each event. */
export async function viewEvents(ports: EventViewPorts, events: readonly Event[]): Promise<EventView[]> {
  const instanceIds = [...new Set(events.map(({ instanceId }) => instanceId))];
  const entries = (await Promise.all(instanceIds.map(ports.outbox))).flat();
  const byId = new Map(entries.map((entry) => [entry.event.eventId, entry]));
  return Promise.all(
    events.map(async (event) => ({
      ...event,
      open: byId.has(event.eventId),
      deliveries: await countDeliveries(ports, event, byId.get(event.eventId)),
    })),
  );
}

/**
 * Finds one event, with its recipients (`audience`, an older name that callers use). The event is
 * found as soon as it has an outbox entry, even before its first delivery.
 */
export async function viewEvent(
  ports: EventDeliveriesPorts & { readonly activity: ActivityStore },
  eventId: string,
): Promise<(EventView & { readonly audience: readonly RecipientSubject[] }) | undefined> {
  if (parseEventId(eventId) === undefined) return undefined;
  const [recorded, entry] = await Promise.all([ports.activity.event(eventId), ports.activity.outboxEntry(eventId)]);
  const event = recorded ?? entry?.event;
  if (event === undefined) return undefined;
  const deliveries = await countDeliveries(ports, event, entry);
  return { ...event, open: entry !== undefined, deliveries, audience: recipientsOf(event) };
}

/**
 * The index of the event's recipient range that holds the subscriptions to a subject, or -1 when
 * the event does not concern the subject.
 */
export function rangeOfSubject(event: Event, subjectHash: string): number {
  return recipientRanges(event).findIndex((range) => range.subjectHash === subjectHash);
}

/**
 * Whether a recipient range of an event may contain the subscription with a row key. A test event
 * has one recipient, whose threshold its value need not have crossed.
 */
export function hasRecipient(event: Event, range: number, rowKey: string): boolean {
  const { from, to } = recipientRanges(event)[range] ?? { from: '', to: '' };
  return event.test === true || (from <= rowKey && rowKey < to);
}
