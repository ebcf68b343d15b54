import { STATE_TABLE, outboxEntryOfRow, outboxRow, outboxRowKey } from '../../events/outbox-row.ts';
import type { Event } from '../../events/event.ts';
import type { OutboxEntry } from '../../events/outbox-entry.ts';
import { eventKey } from '../../events/event-id.ts';
import { allRows } from '../../storage/all-rows.ts';
import { newEtag, type StoredRow, type Tables } from '../../storage/tables.ts';
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
  RECORD_MARK,
  recordRowKey,
  type ChunkRow,
} from './activity-rows.ts';
import { addressOfDelivery, parseDeliveryId } from './delivery-id.ts';
import { readWaitKey, waitRange } from './record-index.ts';
import { isWaiting, recordWrites, recordOfRow, type DeliveryRecord, type StoredRecord } from './delivery-record.ts';

/** A chunk's row as it is stored. */
export interface StoredChunk extends ChunkRow {
  readonly etag: string;
}

/** Stores outbox entries, events, chunks and delivery records. */
export interface ActivityStore {
  outboxEntry(eventId: string): Promise<OutboxEntry | undefined>;
  /**
   * Saves where the chunks of an event begin. The boundaries are saved only once. Returns
   * `undefined` when another worker has saved different boundaries or removed the entry.
   */
  saveBoundaries(entry: OutboxEntry, boundaries: readonly string[]): Promise<OutboxEntry | undefined>;
  /**
   * Removes an entry whose deliveries all have an outcome. Does nothing if another worker has
   * changed the entry.
   */
  removeOutboxEntry(entry: OutboxEntry): Promise<void>;
  /**
   * Stores the event and the first claim on one of its chunks. Returns `taken` when the chunk
   * already has a row.
   */
  insertClaim(
    event: Event,
    chunk: number,
    claim: ChunkRow,
  ): Promise<{ kind: 'claimed'; etag: string } | { kind: 'taken' }>;
  chunk(eventId: string, chunk: number): Promise<StoredChunk | undefined>;
  /** The chunks of an event that have been claimed at least once, by chunk number. */
  chunks(event: Event): Promise<Map<number, StoredChunk>>;
  /**
   * Replaces a chunk's row and stores up to `RECORDS_PER_WRITE` records in one transaction. Returns
   * the new ETag of the chunk's row, or `undefined` when another worker has changed the row.
   */
  saveChunk(
    event: Event,
    chunk: number,
    content: StoredChunk,
    records: readonly DeliveryRecord[],
  ): Promise<string | undefined>;
  event(eventId: string): Promise<Event | undefined>;
  record(deliveryId: string): Promise<StoredRecord | undefined>;
  /** The delivery records of an event. */
  recordsOf(event: Event): Promise<StoredRecord[]>;
  /** Inserts a record. Returns its ETag, or `undefined` when the delivery already has a record. */
  insertRecord(record: DeliveryRecord): Promise<string | undefined>;
  /** Replaces a record. Returns the new ETag, or `undefined` when another writer has changed it. */
  replaceRecord(before: StoredRecord, after: DeliveryRecord): Promise<string | undefined>;
  /**
   * Replaces up to `CHANGES_PER_WRITE` records of one instance and month in one transaction.
   * Returns false and changes nothing when another writer has changed one of them.
   */
  replaceRecords(
    changes: readonly { readonly before: StoredRecord; readonly after: DeliveryRecord }[],
  ): Promise<boolean>;
  /**
   * The deliveries of a month that wait for a subscription, oldest event first, in pages of at most
   * `limit`.
   */
  waitingFor(
    subscription: { instanceId: string; id: string },
    month: string,
    limit: number,
  ): AsyncIterable<readonly StoredRecord[]>;
}

/**
 * Maximum number of new records, or of changed records, in one transaction of at most 100 rows. A
 * new record takes up to 3 rows (with its index rows), a changed record up to 4, and the chunk 1.
 */
export const RECORDS_PER_WRITE = 33;
export const CHANGES_PER_WRITE = 25;

export function activityStore(tables: Tables): ActivityStore {
  const tableOf = (eventId: string): string => activityTable(addressOfEvent(eventId).month);
  const tableOfDelivery = ({ deliveryId }: DeliveryRecord): string =>
    activityTable(addressOfDelivery(deliveryId).event.month);
  /** The rows of an event whose keys begin with `prefix`. */
  const rowsWithPrefix = ({ eventId, instanceId }: Event, prefix: string): AsyncIterable<StoredRow> =>
    allRows(tables, tableOf(eventId), { partition: instanceId, from: prefix, to: `${prefix}~` });
  /**
   * The records at these keys that still wait for the subscription `waitsFor`, in the order of
   * `keys`. One query reads the whole range of keys.
   */
  const recordsAt = async (
    instanceId: string,
    waitsFor: string,
    month: string,
    keys: readonly string[],
  ): Promise<StoredRecord[]> => {
    const sorted = keys.toSorted();
    const query = {
      partition: instanceId,
      from: sorted[0] ?? '',
      to: `${sorted.at(-1) ?? ''}~`,
      // `trouble` is the stored name of a delivery record.
      where: { kind: 'trouble', waitsFor },
    };
    const found = new Map<string, StoredRecord>();
    for await (const row of allRows(tables, activityTable(month), query)) found.set(row.rowKey, recordOfRow(row));
    // A delivery may have got its outcome after its index row was read. It no longer waits.
    return keys.flatMap((key) => found.get(key) ?? []).filter(isWaiting);
  };
  const outboxEntry = async (eventId: string): Promise<OutboxEntry | undefined> => {
    const { instanceId } = addressOfEvent(eventId);
    const row = await tables.get(STATE_TABLE, instanceId, outboxRowKey(eventId));
    return row && outboxEntryOfRow(row);
  };
  return {
    outboxEntry,

    async saveBoundaries(entry, boundaries) {
      const divided: OutboxEntry = { ...entry, boundaries };
      const result = await tables.write(STATE_TABLE, [{ kind: 'replace', row: outboxRow(divided), etag: entry.etag }]);
      if (result.kind === 'written') return { ...divided, etag: newEtag(result) };
      // A lost response makes the storage SDK repeat the write, which then conflicts with the
      // first.
      const stored = await outboxEntry(entry.event.eventId);
      return stored?.boundaries?.join(' ') === boundaries.join(' ') ? stored : undefined;
    },

    async removeOutboxEntry(entry) {
      await tables.write(STATE_TABLE, [{ kind: 'delete', row: outboxRow(entry), etag: entry.etag }]);
    },

    async insertClaim(event, chunk, claim) {
      const result = await tables.write(tableOf(event.eventId), [
        { kind: 'insert', row: chunkRow(event, chunk, claim) },
        { kind: 'upsert', row: eventRow(event) },
      ]);
      return result.kind === 'written' ? { kind: 'claimed', etag: newEtag(result) } : { kind: 'taken' };
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
      for await (const row of rowsWithPrefix(event, prefix)) {
        found.set(Number(row.rowKey.slice(prefix.length)), { ...chunkOfRow(row), etag: row.etag });
      }
      return found;
    },

    async saveChunk(event, chunk, content, records) {
      const { etag, ...rest } = content;
      const result = await tables.write(tableOf(event.eventId), [
        { kind: 'replace', row: chunkRow(event, chunk, rest), etag },
        ...records.flatMap((record) => recordWrites(record, { kind: 'upsert' })),
      ]);
      return result.kind === 'written' ? newEtag(result) : undefined;
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
      const prefix = eventKey(addressOfEvent(event.eventId)) + RECORD_MARK;
      const found: StoredRecord[] = [];
      for await (const row of rowsWithPrefix(event, prefix)) found.push(recordOfRow(row));
      return found;
    },

    async insertRecord(record) {
      const result = await tables.write(tableOfDelivery(record), recordWrites(record, { kind: 'insert' }));
      return result.kind === 'written' ? newEtag(result) : undefined;
    },

    async replaceRecord(before, after) {
      const table = tableOfDelivery(after);
      const result = await tables.write(table, recordWrites(after, { kind: 'replace', before }));
      if (result.kind === 'written') return newEtag(result);
      if (result.reason !== 'missing' || result.index === 0) return undefined;
      // An index row that was to be deleted does not exist. Write again as if the record had no
      // index rows, so that none is deleted. The reconciler removes stale index rows.
      const unindexed = { ...before, indexed: false };
      const again = await tables.write(table, recordWrites(after, { kind: 'replace', before: unindexed }));
      return again.kind === 'written' ? newEtag(again) : undefined;
    },

    async replaceRecords(changes) {
      const [first, ...rest] = changes.flatMap(({ before, after }) => recordWrites(after, { kind: 'replace', before }));
      if (first === undefined || changes[0] === undefined) return true;
      return (await tables.write(tableOfDelivery(changes[0].after), [first, ...rest])).kind === 'written';
    },

    async *waitingFor({ instanceId, id }, month, limit) {
      let next: string | undefined;
      do {
        const page = await tables.query(activityTable(month), {
          partition: instanceId,
          ...waitRange(id),
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
