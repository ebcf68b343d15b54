import type { Clock } from '../clock.ts';
import { readAllRows } from '../storage/all-rows.ts';
import type { Row, StoredRow, Tables } from '../storage/tables.ts';
import { unreachable } from '../unreachable.ts';

export const WORK_TABLE = 'work';

/**
 * Names rows that may have unfinished work. Only the rows themselves show whether anything is left
 * to do.
 */
export type WorkItem =
  /**
   * The delivery records with a due time in one activity partition: an instance and a month of
   * detection.
   */
  | { readonly kind: 'deliveries'; readonly instanceId: string; readonly month: string }
  /** A subscription whose status has changed, or that parked deliveries wait for. */
  | { readonly kind: 'subscription'; readonly subscriptionId: string }
  /** A subscription whose flow has begun to fail. Due `FAILING_MS` after the first failure. */
  | { readonly kind: 'failing'; readonly subscriptionId: string }
  /** A subscribe request that may be unfinished. `requestKey` is the hash of the request. */
  | {
      readonly kind: 'subscribe';
      readonly subscriptionId: string;
      readonly connection: string;
      readonly requestKey: string;
    }
  /** A recovery: an operator's request to send the lost deliveries of many subscriptions again. */
  | { readonly kind: 'recovery'; readonly recoveryId: string };

export interface WorkEntry {
  readonly item: WorkItem;
  /** The earliest time at which the reconciler processes the entry. */
  readonly dueAtMs: number;
  /**
   * The due time with which the entry was added. For up to `MAX_WRITER_MS` after it, the function
   * that added the entry may still write the rows that the entry names.
   */
  readonly addedForMs: number;
  /** The partition of the table, one of `WORK_SHARDS`. */
  readonly shard: string;
  readonly rowKey: string;
  readonly etag: string;
}

/**
 * The list of everything that may be unfinished, ordered by due time. Call `add` before the rows
 * are written: an entry without work only costs a read, but work without an entry would never be
 * done. Once the rows are written, only the reconciler removes an entry, when nothing is left to
 * do.
 */
export interface WorkList {
  /**
   * Adds an item, due at `dueAtMs` or up to 75 s later. A time in the past counts as now. One
   * storage request, or none if this process has already added the item with the same due time.
   */
  add(item: WorkItem, dueAtMs: number): Promise<void>;
  /** Removes an item that was just added, because its rows will not be written. */
  withdraw(item: WorkItem, dueAtMs: number): Promise<void>;
  /**
   * The due entries of one shard (a partition of the table), earliest first. One storage request
   * per 1,000 entries.
   */
  due(shard: string, nowMs: number): Promise<WorkEntry[]>;
  /** Moves an entry to a later due time. Does nothing if another writer has changed the entry. */
  postpone(entry: WorkEntry, dueAtMs: number): Promise<void>;
  /** Removes an entry, unless its item has been added again since the entry was read. */
  remove(entry: WorkEntry): Promise<void>;
}

/**
 * Partitions of the table. Each can take about 2,000 writes per second (learn.microsoft.com,
 * scalability targets of Table Storage).
 */
export const WORK_SHARDS = ['0', '1', '2', '3'] as const;

/**
 * Due times are rounded up to a multiple of this, so that repeated additions of an item share one
 * row.
 */
const SLOT_MS = 60_000;
/**
 * Allowance for the difference between the clocks of two processes. A process relies on a row that
 * it has added only until the row may be due by another process's clock, because the other process
 * could then move it.
 */
const CLOCK_SKEW_MS = 15_000;
const DUE_DIGITS = 9;
/** Maximum number of row keys in `added`. */
const MAX_REMEMBERED = 20_000;

export function workList(tables: Tables, clock: Pick<Clock, 'now'>): WorkList {
  /**
   * Row keys that this process has written, and has not moved or removed since. A row key begins
   * with the due time.
   */
  const added = new Set<string>();
  const remember = (rowKey: string): void => {
    if (added.size >= MAX_REMEMBERED) added.clear();
    added.add(rowKey);
  };
  return {
    async add(item, dueAtMs) {
      // An entry whose due time has passed may have been removed by another process, so a
      // remembered one does not count.
      const row = workRow(item, slotOf(Math.max(dueAtMs, clock.now())));
      if (added.has(row.rowKey)) return;
      await tables.write(WORK_TABLE, [{ kind: 'upsert', row }]);
      remember(row.rowKey);
    },
    async withdraw(item, dueAtMs) {
      const row = workRow(item, slotOf(dueAtMs));
      added.delete(row.rowKey);
      await tables.write(WORK_TABLE, [{ kind: 'delete', row, etag: '*' }]);
    },
    async due(shard, nowMs) {
      const rows = await readAllRows(tables, WORK_TABLE, { partition: shard, to: `${dueKey(nowMs)}~` });
      return rows.flatMap((row) => entryOfRow(row) ?? []);
    },
    async postpone(entry, dueAtMs) {
      added.delete(entry.rowKey);
      // The same due time as `add` gives, so that an item that is also added has one row.
      const row = workRow(entry.item, Math.max(slotOf(dueAtMs), entry.dueAtMs + SLOT_MS), entry.addedForMs);
      const old = { partitionKey: entry.shard, rowKey: entry.rowKey };
      const moved = await tables.write(WORK_TABLE, [
        { kind: 'insert', row },
        { kind: 'delete', row: old, etag: entry.etag },
      ]);
      // The item already has an entry with the new due time, so only the old one is deleted.
      if (moved.kind === 'conflict' && moved.reason === 'exists') {
        await tables.write(WORK_TABLE, [{ kind: 'delete', row: old, etag: entry.etag }]);
      }
    },
    async remove({ shard, rowKey, etag }) {
      added.delete(rowKey);
      await tables.write(WORK_TABLE, [{ kind: 'delete', row: { partitionKey: shard, rowKey }, etag }]);
    },
  };
}

/**
 * The due time of the entry for an item whose work is due at `dueAtMs`: the first full minute that
 * is at least `CLOCK_SKEW_MS` later.
 */
function slotOf(dueAtMs: number): number {
  return Math.ceil((dueAtMs + CLOCK_SKEW_MS) / SLOT_MS) * SLOT_MS;
}

function dueKey(ms: number): string {
  return Math.max(0, Math.floor(ms)).toString(36).padStart(DUE_DIGITS, '0');
}

function workRow(item: WorkItem, dueAtMs: number, addedForMs = dueAtMs): Row {
  const id = idOf(item);
  return {
    partitionKey: shardOf(id),
    rowKey: `${dueKey(dueAtMs)}!${id}`,
    v: 1,
    addedForMs,
    ...(item.kind === 'subscribe' && { connection: item.connection, requestKey: item.requestKey }),
  };
}

/** The item as it is written in row keys. The first letters are stored, so they never change. */
function idOf(item: WorkItem): string {
  switch (item.kind) {
    case 'deliveries':
      return `a${item.instanceId}${item.month}`;
    case 'subscription':
      return `s${item.subscriptionId}`;
    case 'failing':
      return `f${item.subscriptionId}`;
    case 'subscribe':
      return `n${item.subscriptionId}`;
    case 'recovery':
      return `r${item.recoveryId}`;
    default:
      return unreachable(item);
  }
}

/**
 * Parses a row. Returns `undefined` for a kind that only a newer version supports. Such entries are
 * left unchanged.
 */
function entryOfRow({ partitionKey, rowKey, values, etag }: StoredRow): WorkEntry | undefined {
  const mark = rowKey.indexOf('!');
  const item = itemOf(rowKey.slice(mark + 1), values);
  if (item === undefined) return undefined;
  const dueAtMs = Number.parseInt(rowKey.slice(0, mark), 36);
  return { item, dueAtMs, addedForMs: Number(values['addedForMs'] ?? dueAtMs), shard: partitionKey, rowKey, etag };
}

function itemOf(id: string, values: StoredRow['values']): WorkItem | undefined {
  const rest = id.slice(1);
  switch (id.charAt(0)) {
    case 'a':
      return { kind: 'deliveries', instanceId: rest.slice(0, -MONTH_DIGITS), month: rest.slice(-MONTH_DIGITS) };
    case 's':
      return { kind: 'subscription', subscriptionId: rest };
    case 'r':
      return { kind: 'recovery', recoveryId: rest };
    case 'f':
      return { kind: 'failing', subscriptionId: rest };
    case 'n':
      return {
        kind: 'subscribe',
        subscriptionId: rest,
        connection: String(values['connection']),
        requestKey: String(values['requestKey']),
      };
    default:
      return undefined;
  }
}

const MONTH_DIGITS = 'yyyymm'.length;

function shardOf(id: string): string {
  let sum = 0;
  for (let index = 0; index < id.length; index++) sum += id.charCodeAt(index);
  return WORK_SHARDS[sum % WORK_SHARDS.length] ?? WORK_SHARDS[0];
}
