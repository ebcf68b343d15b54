import { activityMonths } from '../deliveries/records/activity-months.ts';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import { eventKeyAt, monthOf } from '../events/event-id.ts';
import type { StoredRow, Tables, Value } from '../storage/tables.ts';

/**
 * How far beyond the end of its month an event's time may be. Clocks differ, so an event in the
 * table of one month may have occurred shortly after that month.
 */
const MARGIN_MS = 24 * 3600 * 1000;
/** The format of row keys in the activity tables. `next` is the last row key of a page. */
const NEXT = /^[0-9a-z]{9}[A-Za-z0-9_-]{22}![cet][A-Za-z0-9_-]{0,64}$/;

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
 * Reads at least one page for each instance and month. Rejects with `RangeError` when `next` is not
 * a row key of these tables.
 */
export async function newestRows(
  tables: Tables,
  { instanceIds, where, sinceMs = 0, untilMs }: RowSearch,
  { limit, next }: PageRequest,
): Promise<{ rows: StoredRow[]; next?: string }> {
  if (next !== undefined && !NEXT.test(next)) throw new RangeError('next must come from an earlier page');
  const from = next !== undefined ? `${next} ` : untilMs !== undefined ? eventKeyAt(untilMs) : '';
  const range = { where, to: `${eventKeyAt(sinceMs)}~`, ...(from !== '' && { from }) };
  const months = (await activityMonths(tables)).filter((month) => month >= monthOf(sinceMs)).reverse();
  let rows: StoredRow[] = [];
  let hasMore = false;
  for (const [index, month] of months.entries()) {
    const found = await Promise.all(
      instanceIds.map((partition) => fill(tables, activityTable(month), { ...range, partition }, limit)),
    );
    rows = [...rows, ...found.flatMap((page) => page.rows)].sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
    hasMore ||= found.some((page) => page.hasMore);
    const last = rows[limit - 1];
    if (last !== undefined && last.rowKey < eventKeyAt(startOfMonth(month) + MARGIN_MS)) {
      hasMore ||= index < months.length - 1;
      break;
    }
  }
  const end = rows[limit - 1]?.rowKey;
  const isCut = end !== undefined && (hasMore || rows.length > limit);
  return { rows: rows.slice(0, limit), ...(isCut && { next: end }) };
}

function startOfMonth(month: string): number {
  return Date.parse(`${month.slice(0, 4)}-${month.slice(4)}-01T00:00:00.000Z`);
}

/**
 * Reads pages until there are `limit` rows or no more pages, because pages of a filtered query may
 * be short.
 */
async function fill(
  tables: Tables,
  table: string,
  query: { partition: string; from?: string; to: string; where: Readonly<Record<string, Value>> },
  limit: number,
): Promise<{ rows: StoredRow[]; hasMore: boolean }> {
  const rows: StoredRow[] = [];
  let next: string | undefined;
  do {
    const page = await tables.query(table, {
      ...query,
      limit: limit - rows.length,
      ...(next !== undefined && { next }),
    });
    rows.push(...page.rows);
    next = page.next;
  } while (next !== undefined && rows.length < limit);
  return { rows, hasMore: next !== undefined };
}
