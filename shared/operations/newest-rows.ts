import { activityMonths } from '../deliveries/records/activity-months.ts';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import { eventKeyAt, monthOf } from '../events/event-id.ts';
import type { RowQuery, StoredRow, Tables, Value } from '../storage/tables.ts';

/**
 * How far beyond the end of its month an event's time may be. Clocks differ, so an event in the
 * table of one month may have occurred shortly after that month.
 */
const MARGIN_MS = 24 * 3600 * 1000;
/**
 * The format of row keys in the activity tables. The `next` of a page is such a row key, or the
 * beginning of one (`keyBefore`).
 */
const NEXT = /^[0-9a-z]{9}[A-Za-z0-9_-]{22}!(?:[cet][A-Za-z0-9_-]{0,64})?$/;

/**
 * Maximum number of storage requests for each month of one page. Instances share them, and each has
 * at least two and at most ten. Storage reads the whole range of a filtered query, so a request may
 * return no row although there are more rows to read.
 */
const QUERIES = 100;
const MAX_QUERIES_OF_INSTANCE = 10;

export interface RowSearch {
  readonly instanceIds: readonly string[];
  readonly where: Readonly<Record<string, Value>>;
  /**
   * Only rows of events that occurred at or after this time. If absent, all tables are searched.
   */
  readonly sinceMs?: number | undefined;
  /** Only rows of events that occurred at or before this time. */
  readonly untilMs?: number | undefined;
}

export interface PageRequest {
  readonly limit: number;
  readonly next?: string;
}

/**
 * Reads matching rows of the activity tables, newest event first, across all months and instances.
 * Makes at least one storage request for each instance and month that the page covers. A page can
 * be short or empty even when a next page exists, because matching rows may be far apart. Rejects
 * with `RangeError` when `next` is not a row key of these tables.
 */
export async function newestRows(
  tables: Tables,
  { instanceIds, where, sinceMs = 0, untilMs }: RowSearch,
  { limit, next }: PageRequest,
): Promise<{ rows: StoredRow[]; next?: string }> {
  if (next !== undefined && !NEXT.test(next)) throw new RangeError('next must come from an earlier page');
  const from = next !== undefined ? `${next} ` : untilMs !== undefined ? eventKeyAt(untilMs) : '';
  const range = { to: `${eventKeyAt(sinceMs)}~`, ...(from !== '' && { from }) };
  const maxQueries = Math.min(MAX_QUERIES_OF_INSTANCE, Math.max(2, Math.floor(QUERIES / instanceIds.length)));
  const months = (await activityMonths(tables)).filter((month) => month >= monthOf(sinceMs)).reverse();
  let rows: StoredRow[] = [];
  /** The row key up to which every instance has been searched. Absent: to the end. */
  let searchedTo: string | undefined;
  let hasOlder = false;
  for (const [index, month] of months.entries()) {
    const found = await Promise.all(
      instanceIds.map((partition) =>
        fill(tables, activityTable(month), { ...range, partition }, { where, limit, maxQueries }),
      ),
    );
    rows = [...rows, ...found.flatMap((page) => page.rows)].sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
    searchedTo = first(searchedTo, ...found.map((page) => page.searchedTo));
    // The end of the page. If it is newer than the month's first day, no older month has a row for
    // the page.
    const end = first(searchedTo, rows[limit - 1]?.rowKey);
    if (end !== undefined && end < eventKeyAt(startOfMonth(month) + MARGIN_MS)) {
      hasOlder = index < months.length - 1;
      break;
    }
  }
  const searched = rows.filter(({ rowKey }) => searchedTo === undefined || rowKey <= searchedTo);
  const last = searched[limit - 1]?.rowKey;
  const isCut = hasOlder || searchedTo !== undefined || searched.length > limit;
  const end = last !== undefined && isCut ? last : searchedTo;
  return { rows: searched.slice(0, limit), ...(end !== undefined && { next: end }) };
}

function startOfMonth(month: string): number {
  return Date.parse(`${month.slice(0, 4)}-${month.slice(4)}-01T00:00:00.000Z`);
}

/** The lowest of the row keys. */
function first(...keys: readonly (string | undefined)[]): string | undefined {
  return keys.filter((key) => key !== undefined).sort()[0];
}

type KeyRange = Pick<RowQuery, 'from' | 'to'> & { readonly partition: string };
type Where = NonNullable<RowQuery['where']>;

/**
 * Reads the matching rows of one instance and month: pages until there are `limit` rows, no more
 * pages, or `maxQueries` requests, because pages of a filtered query may be short. `searchedTo` is
 * the row key up to which all rows were found. It is absent when the whole range was searched.
 */
async function fill(
  tables: Tables,
  table: string,
  range: KeyRange,
  { where, limit, maxQueries }: { readonly where: Where; readonly limit: number; readonly maxQueries: number },
): Promise<{ rows: StoredRow[]; searchedTo?: string }> {
  const rows: StoredRow[] = [];
  let next: string | undefined;
  let queries = 0;
  do {
    const page = await tables.query(table, {
      ...range,
      where,
      limit: limit - rows.length,
      ...(next !== undefined && { next }),
    });
    rows.push(...page.rows);
    next = page.next;
    queries += 1;
  } while (next !== undefined && rows.length < limit && queries < maxQueries);
  if (next === undefined) return { rows };
  const searchedTo = rows.at(-1)?.rowKey ?? (await keyBeforeMatch(tables, table, range, { where, maxQueries }));
  return { rows, ...(searchedTo !== undefined && { searchedTo }) };
}

/**
 * Returns a key before the first matching row of a range in which several filtered requests have
 * found no row, so that the next page can begin after it. The token of a storage page does not say
 * how far storage has read, so this reads the rows without a filter: `maxQueries` pages, or more
 * until a page has a row. Returns `undefined` only when the whole range was read. `from` is the
 * beginning of a row key, or a row key and a space.
 */
export async function keyBeforeMatch(
  tables: Pick<Tables, 'query'>,
  table: string,
  range: KeyRange,
  { where, maxQueries }: { readonly where: Where; readonly maxQueries: number },
): Promise<string | undefined> {
  let last: string | undefined;
  let next: string | undefined;
  for (let queries = 0; queries < maxQueries || last === undefined; queries++) {
    const page = await tables.query(table, {
      ...range,
      select: Object.keys(where),
      ...(next !== undefined && { next }),
    });
    for (const { rowKey, values } of page.rows) {
      const isMatch = Object.entries(where).every(([name, value]) => values[name] === value);
      if (isMatch) return last ?? keyBefore(rowKey, range.from);
      last = rowKey;
    }
    next = page.next;
    if (next === undefined) return undefined;
  }
  return last;
}

/**
 * A key before `rowKey`, which is the first row from `from` on, and not before the row after which
 * `from` begins, so that no page repeats a row.
 */
function keyBefore(rowKey: string, from = ''): string {
  const shorter = rowKey.slice(0, -1);
  return `${shorter} ` < from ? from.trimEnd() : shorter;
}
