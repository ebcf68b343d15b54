import type { Tables } from '../storage/tables.ts';
import { readPage, type SubscriptionFilter } from './subscription-list.ts';
import type { Subscription } from './subscription.ts';

/** The columns that operators can sort by. All are stored in the row of the subscription. */
export const sortColumns = ['label', 'createdAt', 'status', 'threshold', 'failingSince', 'deadDeliveries'] as const;

export interface Sort {
  readonly column: (typeof sortColumns)[number];
  readonly descending: boolean;
}

/** Maximum number of subscriptions that are sorted. */
const MAX_SORTED = 10_000;
/**
 * Maximum number of storage requests per page. Storage may return fewer rows than requested, or
 * none.
 */
const MAX_QUERIES = 100;
const ROWS_A_QUERY = 1_000;
/** `next` is the number of subscriptions on all earlier pages. */
const NEXT = /^\d{1,5}$/;

/** Parses a column name, with a minus sign before it for descending order. */
export function parseSort(text: string): Sort | undefined {
  const descending = text.startsWith('-');
  const column = sortColumns.find((name) => name === (descending ? text.slice(1) : text));
  return column && { column, descending };
}

/**
 * Lists subscriptions in the order of a column. Storage sorts by key only, so every page reads all
 * matching subscriptions again, at most 10,000. That takes ten storage requests if each returns
 * 1,000 rows. `more` is present if a limit ended the reading: subscriptions that were not read are
 * on no page. Rejects with `RangeError` for a malformed `next`.
 */
export async function listSortedSubscriptions(
  tables: Tables,
  filter: SubscriptionFilter,
  sort: Sort,
  { limit, next = '0' }: { limit: number; next?: string },
): Promise<{ subscriptions: Subscription[]; next?: string; more?: true }> {
  if (!NEXT.test(next)) throw new RangeError('next must come from an earlier page');
  const found: Subscription[] = [];
  let end: string | undefined;
  let queries = 0;
  do {
    const limit = Math.min(ROWS_A_QUERY, MAX_SORTED - found.length);
    const page = await readPage(tables, filter, { limit, next: end });
    found.push(...page.subscriptions);
    end = page.next;
    queries += 1;
  } while (end !== undefined && found.length < MAX_SORTED && queries < MAX_QUERIES);
  const start = Number(next);
  const subscriptions = found.sort(orderBy(sort)).slice(start, start + limit);
  const hasMore = start + limit < found.length;
  return {
    subscriptions,
    ...(hasMore && { next: String(start + limit) }),
    ...(end !== undefined && { more: true }),
  };
}

/**
 * Subscriptions without a value come last in either order. Equal values are sorted by id, so that
 * pages do not overlap.
 */
function orderBy({ column, descending }: Sort): (left: Subscription, right: Subscription) => number {
  return (left, right) => {
    const [a, b] = [left[column], right[column]];
    const byId = left.id < right.id ? -1 : 1;
    if (a === undefined || b === undefined) return a === b ? byId : a === undefined ? 1 : -1;
    const order = typeof a === 'string' ? a.localeCompare(String(b), 'en') : a - Number(b);
    return order === 0 ? byId : descending ? -order : order;
  };
}
