import { readAllRows } from '../storage/all-rows.ts';
import type { Row, StoredRow, Tables } from '../storage/tables.ts';
import { unreachable } from '../unreachable.ts';

export const WORK_TABLE = 'work';

/** Where unfinished work is. The rows there say what it is: an item may turn out to have nothing to do. */
export type WorkItem =
  /** Delivery records of an instance, detected in a month, that have a due time. */
  | { readonly kind: 'deliveries'; readonly instanceId: string; readonly month: string }
  /** A subscription in transition. */
  | { readonly kind: 'subscription'; readonly subscriptionId: string }
  /** A request that is being made into a subscription. */
  | {
      readonly kind: 'subscribe';
      readonly subscriptionId: string;
      readonly connection: string;
      readonly requestKey: string;
    };

export interface WorkEntry {
  readonly item: WorkItem;
  /** Not to be looked at before. */
  readonly dueAtMs: number;
  /** When it was first to be looked at: whoever added it may write what it announces for as long as a function runs from then on. */
  readonly addedForMs: number;
  readonly shard: string;
  readonly rowKey: string;
  readonly etag: string;
}

/**
 * The one table that says where to look for unfinished work, ordered by due time. An entry is written before the rows that it announces
 * (`add`), and removed only by the reconciler, which finds nothing unfinished there. An entry too many costs a look; a missing one would
 * leave work to whoever comes by.
 */
export interface WorkList {
  /** Resolves when the item is in the list, due at `dueAtMs` or up to a minute later. One storage request; none when this process added it already. */
  add(item: WorkItem, dueAtMs: number): Promise<void>;
  /** Takes back what was added a moment ago for something that is not to be after all, and that nobody else knows of. */
  withdraw(item: WorkItem, dueAtMs: number): Promise<void>;
  /** What is due in one shard, earliest first. One storage request per thousand entries. */
  due(shard: string, nowMs: number): Promise<WorkEntry[]>;
  /** The entry is to be looked at again at `dueAtMs`. Somebody else's change of it stands. */
  postpone(entry: WorkEntry, dueAtMs: number): Promise<void>;
  /** Nothing is left to do. An entry that was added again meanwhile stays. */
  remove(entry: WorkEntry): Promise<void>;
}

/** Partitions of the table: each takes about 2,000 writes a second (learn.microsoft.com: scalability targets of Table Storage). */
export const WORK_SHARDS = ['0', '1', '2', '3'] as const;

/** Due times are rounded up to this, so that several additions of one item become one row. */
const SLOT_MS = 60_000;
const DUE_DIGITS = 9;
/** Items that a process remembers to have added. */
const MAX_REMEMBERED = 20_000;

export function workList(tables: Tables): WorkList {
  /** Row keys that this process has written; the due time is the beginning of the key. */
  const added = new Set<string>();
  const remember = (rowKey: string): void => {
    if (added.size >= MAX_REMEMBERED) added.clear();
    added.add(rowKey);
  };
  return {
    async add(item, dueAtMs) {
      const row = workRow(item, slotAt(dueAtMs));
      if (added.has(row.rowKey)) return;
      await tables.write(WORK_TABLE, [{ kind: 'upsert', row }]);
      remember(row.rowKey);
    },
    async withdraw(item, dueAtMs) {
      await tables.write(WORK_TABLE, [{ kind: 'delete', row: workRow(item, slotAt(dueAtMs)), etag: '*' }]);
    },
    async due(shard, nowMs) {
      const rows = await readAllRows(tables, WORK_TABLE, { partition: shard, to: `${dueKey(nowMs)}~` });
      return rows.flatMap((row) => entryOfRow(row) ?? []);
    },
    async postpone(entry, dueAtMs) {
      const row = workRow(entry.item, Math.max(slotAt(dueAtMs), entry.dueAtMs + SLOT_MS), entry.addedForMs);
      const old = { partitionKey: entry.shard, rowKey: entry.rowKey };
      const moved = await tables.write(WORK_TABLE, [
        { kind: 'insert', row },
        { kind: 'delete', row: old, etag: entry.etag },
      ]);
      // Another entry of the item is due at the same time: one is enough, and its own protection against removal counts.
      if (moved.kind === 'conflict' && moved.reason === 'exists') {
        await tables.write(WORK_TABLE, [{ kind: 'delete', row: old, etag: entry.etag }]);
      }
    },
    async remove({ shard, rowKey, etag }) {
      await tables.write(WORK_TABLE, [{ kind: 'delete', row: { partitionKey: shard, rowKey }, etag }]);
    },
  };
}

function slotAt(ms: number): number {
  return Math.ceil(ms / SLOT_MS) * SLOT_MS;
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

function idOf(item: WorkItem): string {
  switch (item.kind) {
    case 'deliveries':
      return `a${item.instanceId}${item.month}`;
    case 'subscription':
      return `s${item.subscriptionId}`;
    case 'subscribe':
      return `n${item.subscriptionId}`;
    default:
      return unreachable(item);
  }
}

/** `undefined`: a kind that this version does not know, which it leaves to those who do. */
function entryOfRow({ partitionKey, rowKey, values, etag }: StoredRow): WorkEntry | undefined {
  const mark = rowKey.indexOf('!');
  const item = itemOf(rowKey.slice(mark + 1), values);
  if (item === undefined) return undefined;
  const dueAtMs = Number.parseInt(rowKey.slice(0, mark), 36);
  return { item, dueAtMs, addedForMs: Number(values['addedForMs'] ?? dueAtMs), shard: partitionKey, rowKey, etag };
}

function itemOf(id: string, values: StoredRow['values']): WorkItem | undefined {
  const rest = id.slice(1);
  switch (id[0]) {
    case 'a':
      return { kind: 'deliveries', instanceId: rest.slice(0, -MONTH_DIGITS), month: rest.slice(-MONTH_DIGITS) };
    case 's':
      return { kind: 'subscription', subscriptionId: rest };
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
