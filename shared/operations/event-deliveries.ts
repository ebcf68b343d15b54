import { activityTable, addressOfEvent, chunkOfRow } from '../deliveries/records/activity-rows.ts';
import { chunkRanges } from '../deliveries/outbox/chunk.ts';
import { recordOfRow } from '../deliveries/records/delivery-record.ts';
import { eventKey } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import { readAllRows } from '../storage/all-rows.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { concerns } from '../subscriptions/subscription.ts';
import {
  deliveredAtOnce,
  deliveryStatuses,
  pendingDelivery,
  recordedDelivery,
  type Delivery,
  type DeliveryStatus,
} from './delivery.ts';

export interface EventDeliveriesPorts {
  readonly tables: Tables;
  readonly store: Pick<SubscriptionStore, 'page'>;
}

export type DeliveryCounts = Readonly<Record<DeliveryStatus, number>>;

/**
 * Counts the deliveries of an event by status. `entry` is the event's outbox entry, which exists
 * while deliveries are pending.
 */
export async function countDeliveries(
  ports: EventDeliveriesPorts,
  event: Event,
  entry: OutboxEntry | undefined,
): Promise<DeliveryCounts> {
  const counts = Object.fromEntries(deliveryStatuses.map((status) => [status, 0])) as Record<DeliveryStatus, number>;
  for (const { values } of await rowsOf(ports.tables, event, ['kind', 'deliveredCount', 'status', 'copied'])) {
    if (values['kind'] === 'chunk') counts.delivered += Number(values['deliveredCount'] ?? 0);
    // `trouble` is the stored name of a delivery record. A copied one (`DeliveryRecord`) is already
    // counted in its chunk row.
    if (values['kind'] === 'trouble' && values['copied'] !== true)
      counts[String(values['status']) as DeliveryStatus] += 1;
  }
  if (entry) {
    const withOutcome = Object.values(counts).reduce((sum, count) => sum + count, 0);
    counts.pending = Math.max(0, (await recipientsOf(ports, entry)).length - withOutcome);
  }
  return counts;
}

/** All deliveries of an event, in the order of their ids. `entry`: see `countDeliveries`. */
export async function deliveriesOf(
  ports: EventDeliveriesPorts,
  event: Event,
  entry: OutboxEntry | undefined,
): Promise<Delivery[]> {
  const found = new Map<string, Delivery>();
  const add = (delivery: Delivery): void => void found.set(delivery.deliveryId, delivery);
  const recipients = entry ? await recipientsOf(ports, entry) : [];
  for (const { range, rowKey } of recipients) add(pendingDelivery(event, range, rowKey));
  // Chunk rows sort before delivery records. A delivery that an operator has sent again may be in
  // both, so its record replaces the outcome in the chunk.
  for (const row of await rowsOf(ports.tables, event)) {
    if (row.values['kind'] === 'chunk') {
      for (const outcome of chunkOfRow(row).delivered) add(deliveredAtOnce(event, outcome));
    }
    if (row.values['kind'] === 'trouble') add(recordedDelivery(event, recordOfRow(row)));
  }
  return [...found.values()].sort((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1));
}

/**
 * The recipients of an outbox entry. This read must not activate a subscription, so it leaves out
 * subscriptions that are not active yet.
 */
async function recipientsOf(
  { store }: EventDeliveriesPorts,
  entry: OutboxEntry,
): Promise<{ range: number; rowKey: string }[]> {
  const { instanceId, trigger } = entry.event;
  const recipients: { range: number; rowKey: string }[] = [];
  // Without chunk boundaries, chunk 0 covers all recipients.
  for (const { range, subjectHash, from, to } of chunkRanges({ ...entry, boundaries: undefined }, 0)) {
    let next: string | undefined;
    do {
      const page = await store.page(
        { instanceId, trigger, subjectHash },
        { from, to, ...(next !== undefined && { next }) },
      );
      for (const subscription of page.subscriptions) {
        if (concerns(subscription, entry.sequence)) recipients.push({ range, rowKey: subscription.address.rowKey });
      }
      next = page.next;
    } while (next !== undefined);
  }
  return recipients;
}

/** The rows of an event, of its chunks and of its delivery records. They have adjacent row keys. */
async function rowsOf(tables: Tables, event: Event, select?: readonly string[]): Promise<StoredRow[]> {
  const address = addressOfEvent(event.eventId);
  const from = eventKey(address);
  const query = { partition: event.instanceId, from, to: `${from}~`, ...(select && { select }) };
  return readAllRows(tables, activityTable(address.month), query);
}
