import { activityMonths } from '../deliveries/records/activity-months.ts';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import { eventKeyAt, monthOf } from '../events/event-id.ts';
import type { StoredRow, Tables, Value } from '../storage/tables.ts';

/** Clocks differ: an event may have occurred a little after the month in which it was detected. */
const MARGIN_MS = 24 * 3600 * 1000;
/** Row keys of the activity tables, which are also the ends of pages. */
const NEXT = /^[0-9a-z]{9}[A-Za-z0-9_-]{22}![cet][A-Za-z0-9_-]{0,64}$/;

export interface RowSearch {
  readonly instanceIds: readonly string[];
  readonly where: Readonly<Record<string, Value>>;
  /** Of events that occurred at or after this instant; as far back as there are tables when absent. */
  readonly sinceMs?: number | undefined;
  /** Of events that occurred at or before this instant. */
  readonly untilMs?: number | undefined;
}

export interface PageRequest {
  readonly limit: number;
  readonly next?: string;
}

/**
 * Rows of the activity tables that match, newest event first over all months and instances. Reads at least one page from each
 * instance and month that is asked for. Rejects with `RangeError` for a `next` that no page ended with.
 */
export async function newestRows(
  tables: Tables,
  { instanceIds, where, sinceMs = 0, untilMs }: RowSearch,
  { limit, next }: PageRequest,
): Promise<{ rows: StoredRow[]; next?: string }> {
  if (next !== undefined && !NEXT.test(next)) throw new RangeError('not the end of a page');
  const from = next !== undefined ? `${next} ` : untilMs !== undefined ? eventKeyAt(untilMs) : '';
  const range = { where, to: `${eventKeyAt(sinceMs)}~`, ...(from !== '' && { from }) };
  const months = (await activityMonths(tables)).filter((month) => month >= monthOf(sinceMs)).reverse();
  let rows: StoredRow[] = [];
  let more = false;
  for (const [index, month] of months.entries()) {
    const found = await Promise.all(
      instanceIds.map((partition) => fill(tables, activityTable(month), { ...range, partition }, limit)),
    );
    rows = [...rows, ...found.flatMap((one) => one.rows)].sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
    more ||= found.some((one) => one.more);
    const last = rows[limit - 1];
    if (last !== undefined && last.rowKey < eventKeyAt(startOfMonth(month) + MARGIN_MS)) {
      more ||= index < months.length - 1;
      break;
    }
  }
  const end = rows[limit - 1]?.rowKey;
  const isCut = end !== undefined && (more || rows.length > limit);
  return { rows: rows.slice(0, limit), ...(isCut && { next: end }) };
}

function startOfMonth(month: string): number {
  return Date.parse(`${month.slice(0, 4)}-${month.slice(4)}-01T00:00:00.000Z`);
}

/** Pages of a filtered query may be short: asks on until there are `limit` rows or no more. */
async function fill(
  tables: Tables,
  table: string,
  query: { partition: string; from?: string; to: string; where: Readonly<Record<string, Value>> },
  limit: number,
): Promise<{ rows: StoredRow[]; more: boolean }> {
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
  return { rows, more: next !== undefined };
}
