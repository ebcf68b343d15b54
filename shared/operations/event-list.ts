import { eventOfRow } from '../deliveries/records/activity-rows.ts';
import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { parseEventId } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import { recipientRanges, fullRefreshSubjects, type OutboxEntry } from '../events/outbox-entry.ts';
import { ANY_SUBJECT, type Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { countDeliveries, type DeliveryCounts, type EventDeliveriesPorts } from './event-deliveries.ts';
import { newestRows, type PageRequest } from './newest-rows.ts';

export interface EventFilter {
  readonly instanceIds: readonly string[];
  readonly trigger?: Trigger | undefined;
  /** Events that occurred at or after this instant. */
  readonly sinceMs?: number | undefined;
  /** … and at or before this one. */
  readonly untilMs?: number | undefined;
  /** Whether events of tests are among them: a flow that catches up must not take them for facts. */
  readonly withTests: boolean;
}

/** Events that were told to somebody, newest first. */
export async function listEvents(
  { tables }: Pick<EventDeliveriesPorts, 'tables'>,
  { instanceIds, trigger, sinceMs, untilMs, withTests }: EventFilter,
  page: PageRequest,
): Promise<{ events: Event[]; next?: string }> {
  const where = { kind: 'event', ...(trigger && { trigger }), ...(!withTests && { test: false }) };
  const { rows, next } = await newestRows(tables, { instanceIds, where, sinceMs, untilMs }, page);
  return { events: rows.map(eventOfRow), ...(next !== undefined && { next }) };
}

/** An event with what became of it. */
export type EventView = Event & {
  /** Whether it is still on its way to somebody. */
  readonly open: boolean;
  readonly deliveries: DeliveryCounts;
};

/** One part of an event's audience. */
export interface RecipientView {
  /** Segment, measure or data source; `*`: everybody who waits for any. */
  readonly subject: string;
  /** Only thresholds from this one (inclusive) … */
  readonly thresholdFrom?: number;
  /** … to this one (exclusive). */
  readonly thresholdBelow?: number;
}

export interface EventViewPorts extends EventDeliveriesPorts {
  /** The events of an instance that are still on their way. */
  readonly outbox: (instanceId: string) => Promise<readonly OutboxEntry[]>;
}

/** Events as the operator sees them: with the counts of their deliveries. About two storage requests an event. */
export async function viewEvents(ports: EventViewPorts, events: readonly Event[]): Promise<EventView[]> {
  const instanceIds = [...new Set(events.map(({ instanceId }) => instanceId))];
  const open = (await Promise.all(instanceIds.map(ports.outbox))).flat();
  const byId = new Map(open.map((one) => [one.event.eventId, one]));
  return Promise.all(
    events.map(async (event) => ({
      ...event,
      open: byId.has(event.eventId),
      deliveries: await countDeliveries(ports, event, byId.get(event.eventId)),
    })),
  );
}

/** One event with its audience, also before anybody was told. */
export async function viewEvent(
  ports: EventDeliveriesPorts & { readonly activity: ActivityStore },
  eventId: string,
): Promise<(EventView & { readonly audience: RecipientView[] }) | undefined> {
  if (parseEventId(eventId) === undefined) return undefined;
  const [told, open] = await Promise.all([ports.activity.event(eventId), ports.activity.outboxEntry(eventId)]);
  const event = told ?? open?.event;
  if (event === undefined) return undefined;
  const deliveries = await countDeliveries(ports, event, open);
  return { ...event, open: open !== undefined, deliveries, audience: audienceView(event) };
}

function audienceView(event: Event): RecipientView[] {
  switch (event.trigger) {
    case 'segment-threshold-crossed':
      return [{ subject: event.segmentName, thresholdFrom: event.previousValue, thresholdBelow: event.value }];
    case 'measure-threshold-crossed':
      return [{ subject: event.measureName, thresholdFrom: event.previousValue, thresholdBelow: event.value }];
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded':
      return [{ subject: event.dataSourceId }, { subject: ANY_SUBJECT }];
    case 'full-refresh-completed':
      return fullRefreshSubjects(event).map((subject) => ({ subject }));
    case 'unification-refresh-completed':
      return [{ subject: ANY_SUBJECT }];
    default:
      return unreachable(event);
  }
}

/** The place among an event's audience where the subscribers of a subject are; -1 when the event is about another. */
export function rangeOfSubject(event: Event, subjectHash: string): number {
  return recipientRanges(event).findIndex((range) => range.subjectHash === subjectHash);
}
