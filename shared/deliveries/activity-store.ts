import { STATE_TABLE, openEventOfRow, openEventRow, openEventRowKey } from '../events/open-event-row.ts';
import type { Event } from '../events/event.ts';
import type { OpenEvent } from '../events/open-event.ts';
import { monthOf, eventKey, eventKeyAt } from '../events/event-id.ts';
import { allRows } from '../storage/all-rows.ts';
import type { StoredRow, Tables, Write } from '../storage/tables.ts';
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
import { parseDeliveryId } from './delivery-id.ts';
import { troubleOfRow, troubleRow, type Trouble } from './trouble.ts';
import { troubleRowKey } from './activity-rows.ts';

/** A chunk's row as it is stored. */
export interface StoredChunk extends ChunkRow {
  readonly etag: string;
}

/** Where events, chunks and troubles are kept, and the open events they came from. */
export interface ActivityStore {
  openEvent(eventId: string): Promise<OpenEvent | undefined>;
  /** Stores where the chunks begin, once; undefined when somebody else cut it in other places, or closed it. */
  cut(open: OpenEvent, boundaries: readonly string[]): Promise<OpenEvent | undefined>;
  /** Nothing is left to do for the event. A `conflict` leaves it to whoever changed it. */
  close(open: OpenEvent): Promise<void>;
  /** Puts the event and the first claim on one of its chunks in. `taken`: there is a row already. */
  insertClaim(
    event: Event,
    chunk: number,
    claim: ChunkRow,
  ): Promise<{ kind: 'claimed'; etag: string } | { kind: 'taken' }>;
  chunk(eventId: string, chunk: number): Promise<StoredChunk | undefined>;
  /** All chunks of an event that were ever claimed. */
  chunks(event: Event): Promise<Map<number, StoredChunk>>;
  /** Replaces a chunk's row, with at most `TROUBLES_PER_WRITE` new troubles in the same transaction. `undefined`: the claim was lost. */
  saveChunk(
    event: Event,
    chunk: number,
    content: StoredChunk,
    troubles: readonly Trouble[],
  ): Promise<string | undefined>;
  event(eventId: string): Promise<Event | undefined>;
  trouble(deliveryId: string): Promise<Trouble | undefined>;
  /** The troubles of one event that exist already. */
  troublesOf(event: Event): Promise<Trouble[]>;
  /** Puts a trouble in for a delivery that had none. The new etag; `undefined` when there is one. */
  insertTrouble(trouble: Trouble): Promise<string | undefined>;
  /** Replaces a trouble that was read. The new etag; `undefined` when somebody else changed it. */
  replaceTrouble(trouble: Trouble): Promise<string | undefined>;
  /** A page of the troubles of a subscription whose events occurred since an instant, newest first. */
  troublesSince(
    subscription: { instanceId: string; id: string },
    range: { sinceMs: number; nowMs: number },
  ): AsyncIterable<Trouble>;
  /** The troubles that wait for a change of a subscription, whosever they are, newest first. */
  troublesWaitingFor(
    subscription: { instanceId: string; id: string },
    range: { sinceMs: number; nowMs: number },
  ): AsyncIterable<Trouble>;
}

/** Rows per transaction, less the chunk's own. */
export const TROUBLES_PER_WRITE = 99;

export function activityStore(tables: Tables): ActivityStore {
  const tableOf = (eventId: string): string => activityTable(addressOfEvent(eventId).month);
  const tableOfDelivery = ({ deliveryId }: Trouble): string => {
    const address = parseDeliveryId(deliveryId);
    if (address === undefined) throw new Error('not a delivery id');
    return activityTable(address.event.month);
  };
  async function* troublesWhere(
    instanceId: string,
    where: Readonly<Record<string, string>>,
    { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
  ): AsyncIterable<Trouble> {
    for (const month of monthsBetween(sinceMs, nowMs)) {
      const query = { partition: instanceId, to: `${eventKeyAt(sinceMs)}~`, where: { kind: 'trouble', ...where } };
      for await (const row of allRows(tables, activityTable(month), query)) yield troubleOfRow(row);
    }
  }
  /** The rows of an event whose keys begin with a prefix. */
  const rowsBehind = ({ eventId, instanceId }: Event, prefix: string): AsyncIterable<StoredRow> =>
    allRows(tables, tableOf(eventId), { partition: instanceId, from: prefix, to: `${prefix}~` });
  const openEvent = async (eventId: string): Promise<OpenEvent | undefined> => {
    const { instanceId } = addressOfEvent(eventId);
    const row = await tables.get(STATE_TABLE, instanceId, openEventRowKey(eventId));
    return row && openEventOfRow(row);
  };
  return {
    openEvent,

    async cut(open, boundaries) {
      const cut: OpenEvent = { ...open, boundaries };
      const result = await tables.write(STATE_TABLE, [{ kind: 'replace', row: openEventRow(cut), etag: open.etag }]);
      if (result.kind === 'written') return { ...cut, etag: result.etags[0] ?? '' };
      // The write may have taken effect although its answer was lost and the client sent it again.
      const stored = await openEvent(open.event.eventId);
      return stored?.boundaries?.join(' ') === boundaries.join(' ') ? stored : undefined;
    },

    async close(open) {
      await tables.write(STATE_TABLE, [{ kind: 'delete', row: openEventRow(open), etag: open.etag }]);
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

    async saveChunk(event, chunk, content, troubles) {
      const { etag, ...rest } = content;
      const result = await tables.write(tableOf(event.eventId), [
        { kind: 'replace', row: chunkRow(event, chunk, rest), etag },
        ...troubles.map((trouble): Write => ({ kind: 'upsert', row: troubleRow(trouble) })),
      ]);
      return result.kind === 'written' ? result.etags[0] : undefined;
    },

    async event(eventId) {
      const address = addressOfEvent(eventId);
      const row = await tables.get(tableOf(eventId), address.instanceId, eventRowKey(address));
      return row && eventOfRow(row);
    },

    async trouble(deliveryId) {
      const address = parseDeliveryId(deliveryId);
      if (address === undefined) return undefined;
      const { event, eventId, range, rowKey } = address;
      const row = await tables.get(tableOf(eventId), event.instanceId, troubleRowKey(event, range, rowKey));
      return row && troubleOfRow(row);
    },

    async troublesOf(event) {
      const prefix = troubleRowKey(addressOfEvent(event.eventId), 0, '').slice(0, -1);
      const found: Trouble[] = [];
      for await (const row of rowsBehind(event, prefix)) found.push(troubleOfRow(row));
      return found;
    },

    async insertTrouble(trouble) {
      const result = await tables.write(tableOfDelivery(trouble), [{ kind: 'insert', row: troubleRow(trouble) }]);
      return result.kind === 'written' ? result.etags[0] : undefined;
    },

    async replaceTrouble(trouble) {
      const write: Write = { kind: 'replace', row: troubleRow(trouble), etag: trouble.etag };
      const result = await tables.write(tableOfDelivery(trouble), [write]);
      return result.kind === 'written' ? result.etags[0] : undefined;
    },

    troublesSince: ({ instanceId, id }, range) => troublesWhere(instanceId, { subscriptionId: id }, range),
    troublesWaitingFor: ({ instanceId, id }, range) => troublesWhere(instanceId, { waitsFor: id }, range),
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
