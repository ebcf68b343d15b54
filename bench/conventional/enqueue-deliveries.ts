import { callbackBody } from '../../shared/deliveries/attempt/callback-body.ts';
import { formatDeliveryId } from '../../shared/deliveries/records/delivery-id.ts';
import { DELIVERIES_QUEUE } from '../../shared/deliveries/messages.ts';
import { outboxRow, STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { OutboxEntry } from '../../shared/events/outbox-entry.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { sealContext } from '../../shared/subscriptions/subscription-row.ts';
import type { SubscriptionStore } from '../../shared/subscriptions/subscription-store.ts';
import { concerns } from '../../shared/subscriptions/subscription.ts';
import { CONVENTIONAL_TABLE, rowOfDelivery, type DeliveryRow } from './delivery-row.ts';

export interface EnqueuePorts {
  readonly tables: Tables;
  readonly queues: Queues;
  readonly store: SubscriptionStore;
}

/** The content of a message: the keys of the delivery's row. */
export interface DeliveryMessage {
  readonly eventId: string;
  readonly deliveryId: string;
}

/** The maximum number of rows in a transaction. */
const ROWS_PER_WRITE = 100;
/**
 * The number of transactions, and then of message batches, in progress at once. More would only
 * wait for storage.
 */
const PARTS_AT_ONCE = 4;
const SENDS_AT_ONCE = 8;

/**
 * Fans an event out conventionally: writes one row per delivery, a hundred per request, then sends
 * one message per delivery, then deletes the outbox row.
 */
export async function enqueueDeliveries({ tables, queues, store }: EnqueuePorts, entry: OutboxEntry): Promise<void> {
  const { event, sequence } = entry;
  const { instanceId, trigger, eventId } = event;
  for (const [range, { subjectHash, from, to }] of entry.recipients.entries()) {
    let next: string | undefined;
    do {
      const page = await store.page(
        { instanceId, trigger, subjectHash },
        { from, to, ...(next !== undefined && { next }) },
      );
      const rows = page.subscriptions
        .filter((subscription) => concerns(subscription, sequence))
        .map((subscription): DeliveryRow => {
          const deliveryId = formatDeliveryId(eventId, range, subscription.address.rowKey);
          return {
            eventId,
            deliveryId,
            status: 'pending',
            body: callbackBody(event, deliveryId, subscription),
            sealedUrl: subscription.callback ?? '',
            sealContext: sealContext(subscription.address),
            attempts: 0,
            lastCode: '',
            runId: '',
            durationMs: 0,
          };
        });
      await writeAndSend(tables, queues, rows);
      next = page.next;
    } while (next !== undefined);
  }
  await tables.write(STATE_TABLE, [{ kind: 'delete', row: outboxRow(entry), etag: entry.etag }]);
}

async function writeAndSend(tables: Tables, queues: Queues, rows: readonly DeliveryRow[]): Promise<void> {
  const parts = Array.from({ length: Math.ceil(rows.length / ROWS_PER_WRITE) }, (_, index) =>
    rows.slice(index * ROWS_PER_WRITE, (index + 1) * ROWS_PER_WRITE),
  );
  await eachOf(parts, PARTS_AT_ONCE, async (part) => {
    const writes = part.map((row): Write => ({ kind: 'insert', row: rowOfDelivery(row) }));
    await tables.write(CONVENTIONAL_TABLE, writes as [Write, ...Write[]]);
    await eachOf(part, SENDS_AT_ONCE, async ({ eventId, deliveryId }) => {
      const message: DeliveryMessage = { eventId, deliveryId };
      await queues.send(DELIVERIES_QUEUE, message);
    });
  });
}

/** Runs `work` for every item, `atOnce` items at a time. */
async function eachOf<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
