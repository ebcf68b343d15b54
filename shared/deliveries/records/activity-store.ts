import { STATE_TABLE, outboxEntryOfRow, outboxRow, outboxRowKey } from '../../events/outbox-row.ts';
import type { Event } from '../../events/event.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { eventKey, monthOf } from '../../events/event-id.ts';
import { allRows } from '../../storage/all-rows.ts';
import type { StoredRow, Tables } from '../../storage/tables.ts';
import {
  activityTable,
  addressOfEvent,
  CHUNK_MARK,
  chunkOfRow,
  chunkRow,
  chunkRowKey,
  eventOfRow,
  eventRow,
  eventRowKey,
  type ChunkRow,
} from './activity-rows.ts';
import { addressOfDelivery, parseDeliveryId } from './delivery-id.ts';
import { readWaitKey, waitingFor } from './record-index.ts';
import { isWaiting, recordWrites, recordOfRow, type DeliveryRecord } from './delivery-record.ts';
import { recordRowKey } from './activity-rows.ts';

/** A chunk's row as it is stored. */
export interface StoredChunk extends ChunkRow {
  readonly etag: string;
}

/** Where events, chunks and records are kept, and the open events they came from. */
export interface ActivityStore {
  outboxEntry(eventId: string): Promise<OutboxEntry | undefined>;
  /** Stores where the chunks begin, once; undefined when somebody else cut it in other places, or closed it. */
  saveBoundaries(open: OutboxEntry, boundaries: readonly string[]): Promise<OutboxEntry | undefined>;
  /** Nothing is left to do for the event. A `conflict` leaves it to whoever changed it. */
  removeOutboxEntry(open: OutboxEntry): Promise<void>;
  /** Puts the event and the first claim on one of its chunks in. `taken`: there is a row already. */
  insertClaim(
    event: Event,
    chunk: number,
    claim: ChunkRow,
  ): Promise<{ kind: 'claimed'; etag: string } | { kind: 'taken' }>;
  chunk(eventId: string, chunk: number): Promise<StoredChunk | undefined>;
  /** All chunks of an event that were ever claimed. */
  chunks(event: Event): Promise<Map<number, StoredChunk>>;
  /** Replaces a chunk's row, with at most `RECORDS_PER_WRITE` new records in the same transaction. `undefined`: the claim was lost. */
  saveChunk(
    event: Event,
    chunk: number,
    content: StoredChunk,
    records: readonly DeliveryRecord[],
  ): Promise<string | undefined>;
  event(eventId: string): Promise<Event | undefined>;
  record(deliveryId: string): Promise<DeliveryRecord | undefined>;
  /** The records of one event that exist already. */
  recordsOf(event: Event): Promise<DeliveryRecord[]>;
  /** Puts a record in for a delivery that had none. The new etag; `undefined` when there is one. */
  insertRecord(record: DeliveryRecord): Promise<string | undefined>;
  /** Replaces a record that was read. The new etag; `undefined` when somebody else changed it. */
  replaceRecord(before: DeliveryRecord, after: DeliveryRecord): Promise<string | undefined>;
  /** Replaces records of one instance and month, `CHANGES_PER_WRITE` at most, all or none. False: somebody changed one of them. */
  replaceRecords(
    changes: readonly { readonly before: DeliveryRecord; readonly after: DeliveryRecord }[],
  ): Promise<boolean>;
  /** What waits for a subscription and was detected in a month, that of the oldest event first, at most `limit`. */
  waitingFor(
    subscription: { instanceId: string; id: string },
    month: string,
    limit: number,
  ): AsyncIterable<readonly DeliveryRecord[]>;
}

/** Rows per transaction are 100: a new record has two index rows beside its own, one that is changed three at most; one row is the chunk's. */
export const RECORDS_PER_WRITE = 33;
export const CHANGES_PER_WRITE = 25;

export function activityStore(tables: Tables): ActivityStore {
  const tableOf = (eventId: string): string => activityTable(addressOfEvent(eventId).month);
  const tableOfDelivery = ({ deliveryId }: DeliveryRecord): string =>
    activityTable(addressOfDelivery(deliveryId).event.month);
  /** The rows of an event whose keys begin with a prefix. */
  const rowsBehind = ({ eventId, instanceId }: Event, prefix: string): AsyncIterable<StoredRow> =>
    allRows(tables, tableOf(eventId), { partition: instanceId, from: prefix, to: `${prefix}~` });
  /** The records with these keys, which wait for a subscription, in the order of the keys: one query from the newest to the oldest of them. */
  const recordsAt = async (
    instanceId: string,
    waitsFor: string,
    month: string,
    keys: readonly string[],
  ): Promise<DeliveryRecord[]> => {
    const sorted = keys.toSorted();
    const query = {
      partition: instanceId,
      from: sorted[0] ?? '',
      to: `${sorted.at(-1) ?? ''}~`,
      where: { kind: 'trouble', waitsFor },
    };
    const found = new Map<string, DeliveryRecord>();
    for await (const row of allRows(tables, activityTable(month), query)) found.set(row.rowKey, recordOfRow(row));
    // Some may have been settled since their index rows were read.
    return keys.flatMap((key) => found.get(key) ?? []).filter(isWaiting);
  };
  const outboxEntry = async (eventId: string): Promise<OutboxEntry | undefined> => {
    const { instanceId } = addressOfEvent(eventId);
    const row = await tables.get(STATE_TABLE, instanceId, outboxRowKey(eventId));
    return row && outboxEntryOfRow(row);
  };
  return {
    outboxEntry: outboxEntry,

    async saveBoundaries(open, boundaries) {
      const cut: OutboxEntry = { ...open, boundaries };
      const result = await tables.write(STATE_TABLE, [{ kind: 'replace', row: outboxRow(cut), etag: open.etag }]);
      if (result.kind === 'written') return { ...cut, etag: result.etags[0] ?? '' };
      // The write may have taken effect although its answer was lost and the client sent it again.
      const stored = await outboxEntry(open.event.eventId);
      return stored?.boundaries?.join(' ') === boundaries.join(' ') ? stored : undefined;
    },

    async removeOutboxEntry(open) {
      await tables.write(STATE_TABLE, [{ kind: 'delete', row: outboxRow(open), etag: open.etag }]);
    },

    async insertClaim(event, chunk, claim) {
      const result = await tables.write(tableOf(event.eventId), [
        { kind: 'insert', row: chunkRow(event, chunk, claim) },
        { kind: 'upsert', row: eventRow(event) },
      ]);
      return result.kind === 'written' ? { kind: 'claimed', etag: result.etags[0] ?? '' } : { kind: 'taken' };
    },

    async chunk(eventId, chunk) {
      const address = addressOfEvent(eventId);
      const row = await tables.get(tableOf(eventId), address.instanceId, chunkRowKey(address, chunk));
      return row && { ...chunkOfRow(row), etag: row.etag };
    },

    async chunks(event) {
      const address = addressOfEvent(event.eventId);
      const prefix = eventKey(address) + CHUNK_MARK;
      const found = new Map<number, StoredChunk>();
      for await (const row of rowsBehind(event, prefix)) {
        found.set(Number(row.rowKey.slice(prefix.length)), { ...chunkOfRow(row), etag: row.etag });
      }
      return found;
    },

    async saveChunk(event, chunk, content, records) {
      const { etag, ...rest } = content;
      const result = await tables.write(tableOf(event.eventId), [
        { kind: 'replace', row: chunkRow(event, chunk, rest), etag },
        ...records.flatMap((record) => recordWrites(record, undefined, 'upsert')),
      ]);
      return result.kind === 'written' ? result.etags[0] : undefined;
    },

    async event(eventId) {
      const address = addressOfEvent(eventId);
      const row = await tables.get(tableOf(eventId), address.instanceId, eventRowKey(address));
      return row && eventOfRow(row);
    },

    async record(deliveryId) {
      const address = parseDeliveryId(deliveryId);
      if (address === undefined) return undefined;
      const { event, eventId, range, rowKey } = address;
      const row = await tables.get(tableOf(eventId), event.instanceId, recordRowKey(event, range, rowKey));
      return row && recordOfRow(row);
    },

    async recordsOf(event) {
      const prefix = recordRowKey(addressOfEvent(event.eventId), 0, '').slice(0, -1);
      const found: DeliveryRecord[] = [];
      for await (const row of rowsBehind(event, prefix)) found.push(recordOfRow(row));
      return found;
    },

    async insertRecord(record) {
      const result = await tables.write(tableOfDelivery(record), recordWrites(record, undefined, 'insert'));
      return result.kind === 'written' ? result.etags[0] : undefined;
    },

    async replaceRecord(before, after) {
      const table = tableOfDelivery(after);
      const result = await tables.write(table, recordWrites(after, before, 'replace'));
      if (result.kind === 'written') return result.etags[0];
      if (result.reason !== 'missing' || result.index === 0) return undefined;
      // An index row that the record should have is not there: whatever it has is left to the reconciler.
      const again = await tables.write(table, recordWrites(after, { ...before, indexed: false }, 'replace'));
      return again.kind === 'written' ? again.etags[0] : undefined;
    },

    async replaceRecords(changes) {
      const [first, ...rest] = changes.flatMap(({ before, after }) => recordWrites(after, before, 'replace'));
      if (first === undefined || changes[0] === undefined) return true;
      return (await tables.write(tableOfDelivery(changes[0].after), [first, ...rest])).kind === 'written';
    },

    async *waitingFor({ instanceId, id }, month, limit) {
      let next: string | undefined;
      do {
        const page = await tables.query(activityTable(month), {
          partition: instanceId,
          ...waitingFor(id),
          limit,
          ...(next !== undefined && { next }),
        });
        const keys = page.rows.map(({ rowKey }) => readWaitKey(rowKey, id));
        if (keys.length > 0) yield await recordsAt(instanceId, id, month, keys);
        next = page.next;
      } while (next !== undefined);
    },
  };
}

/** The months from one instant to another, newest first. */
export function monthsBetween(fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  const day = new Date(toMs);
  day.setUTCDate(1);
  while (monthOf(day.getTime()) >= monthOf(fromMs)) {
    months.push(monthOf(day.getTime()));
    day.setUTCMonth(day.getUTCMonth() - 1);
  }
  return months;
}
