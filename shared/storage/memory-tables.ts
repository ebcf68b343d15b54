import { unreachable } from '../unreachable.ts';
import { toPromise } from './to-promise.ts';
import { createSortedMap } from './sorted-map.ts';
import type { SortedMap } from './sorted-map.ts';
import { checkKeys, checkQuery, checkTable, checkTablePrefix, checkWrites, rowValues } from './table-limits.ts';
import type { RowKeys, RowPage, RowQuery, StoredRow, Tables, Write, WriteResult } from './tables.ts';

type Conflict = Extract<WriteResult, { kind: 'conflict' }>;
type Partition = SortedMap<StoredRow>;

export interface MemoryTablesOptions {
  /**
   * Maximum number of rows that are scanned for one page, whether they match or not. A small number
   * produces short and empty pages, which Azure may also return.
   */
  readonly rowsPerScan?: number;
}

/**
 * In-memory tables, with the limits and conflicts of Azure Table Storage. Each call takes effect in
 * one step, before it returns.
 */
export function createMemoryTables({ rowsPerScan = 1000 }: MemoryTablesOptions = {}): Tables {
  const tables = new Map<string, SortedMap<Partition>>();
  let writesSoFar = 0;

  const find = (table: string, { partitionKey, rowKey }: RowKeys): StoredRow | undefined =>
    tables.get(table)?.get(partitionKey)?.get(rowKey);

  const apply = (table: string, write: Write): string | undefined => {
    const { partitionKey, rowKey } = write.row;
    const partitions = obtain(tables, table, () => createSortedMap<Partition>());
    const rows = obtain(partitions, partitionKey, () => createSortedMap<StoredRow>());
    if (write.kind === 'delete') {
      rows.delete(rowKey);
      if (rows.size === 0) partitions.delete(partitionKey);
      return undefined;
    }
    writesSoFar += 1;
    const etag = `W/"${writesSoFar}"`;
    rows.set(rowKey, { partitionKey, rowKey, etag, values: Object.freeze(rowValues(write.row)) });
    return etag;
  };

  return {
    get: (table, partitionKey, rowKey) =>
      toPromise(() => {
        checkTable(table);
        checkKeys({ partitionKey, rowKey });
        return find(table, { partitionKey, rowKey });
      }),

    query: (table, query) =>
      toPromise(() => {
        checkTable(table);
        checkQuery(query);
        const partitions = tables.get(table);
        return partitions ? page(partitions, query, rowsPerScan) : { rows: [] };
      }),

    write: (table, writes) =>
      toPromise((): WriteResult => {
        checkTable(table);
        checkWrites(writes);
        for (const [index, write] of writes.entries()) {
          const reason = conflict(write, find(table, write.row));
          if (reason) return { kind: 'conflict', reason, index };
        }
        return { kind: 'written', etags: writes.map((write) => apply(table, write)) };
      }),

    tableNames: (prefix) =>
      toPromise(() => {
        checkTablePrefix(prefix);
        return [...tables.keys()].filter((name) => name.startsWith(prefix)).sort();
      }),

    dropTable: (table) =>
      toPromise(() => {
        checkTable(table);
        tables.delete(table);
      }),
  };
}

function conflict(write: Write, stored: StoredRow | undefined): Conflict['reason'] | undefined {
  switch (write.kind) {
    case 'insert':
      return stored && 'exists';
    case 'upsert':
      return undefined;
    case 'replace':
    case 'delete':
      if (!stored) return 'missing';
      return write.etag === '*' || write.etag === stored.etag ? undefined : 'changed';
    default:
      return unreachable(write);
  }
}

function page(partitions: SortedMap<Partition>, query: RowQuery, rowsPerScan: number): RowPage {
  const rows: StoredRow[] = [];
  let scanned = 0;
  for (const row of inRange(partitions, query)) {
    if (rows.length === (query.limit ?? 1000) || scanned === rowsPerScan) return { rows, next: encodeNext(row) };
    scanned += 1;
    if (matches(row, query)) rows.push(selected(row, query.select));
  }
  return { rows };
}

function* inRange(partitions: SortedMap<Partition>, query: RowQuery): Generator<StoredRow, void> {
  const { partition, from = '', to, next } = query;
  const start = next === undefined ? undefined : decodeNext(next);
  const bounds = typeof partition === 'string' ? { from: partition, to: `${partition}\0` } : partition;
  const first = start && start.partitionKey > bounds.from ? start.partitionKey : bounds.from;
  for (const [partitionKey, rows] of partitions.range(first, bounds.to)) {
    // If the previous page ended in this partition, begin with the row after its last one.
    const resumed = start?.partitionKey === partitionKey && start.rowKey > from ? start.rowKey : from;
    for (const [, row] of rows.range(resumed, to)) yield row;
  }
}

function matches({ values }: StoredRow, { where = {}, present = [] }: RowQuery): boolean {
  return (
    Object.entries(where).every(([name, value]) => values[name] === value) &&
    present.every((name) => typeof values[name] === 'string')
  );
}

function selected(row: StoredRow, select: readonly string[] | undefined): StoredRow {
  if (!select) return row;
  const values = Object.entries(row.values).filter(([name]) => select.includes(name));
  return { ...row, values: Object.fromEntries(values) };
}

function encodeNext({ partitionKey, rowKey }: RowKeys): string {
  return Buffer.from(`${partitionKey}\n${rowKey}`).toString('base64url');
}

function decodeNext(next: string): RowKeys {
  const [partitionKey, rowKey, ...rest] = Buffer.from(next, 'base64url').toString().split('\n');
  if (!partitionKey || !rowKey || rest.length > 0) throw new RangeError('not a valid continuation token');
  return { partitionKey, rowKey };
}

function obtain<T>(
  map: { get(key: string): T | undefined; set(key: string, value: T): void },
  key: string,
  create: () => T,
): T {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create();
  map.set(key, created);
  return created;
}
