import { activityMonths } from '../deliveries/records/activity-months.ts';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import type { DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { eventKeyAt, monthOf } from '../events/event-id.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { keyBeforeMatch } from './newest-rows.ts';

/**
 * Selects lost deliveries of all subscriptions: those that are dead or parked and not being sent
 * again.
 */
export interface LostFilter {
  /** Events that occurred in this range, both ends included. */
  readonly sinceMs: number;
  readonly untilMs?: number | undefined;
  /** In lower case. */
  readonly instanceId?: string | undefined;
  readonly trigger?: Trigger | undefined;
  /** Only deliveries whose status has this reason code, such as `timeout`. */
  readonly code?: string | undefined;
}

/** The statuses of deliveries that the flow has not received and that get no retry. */
const LOST_STATUSES = ['dead', 'parked'] as const;
/** Maximum number of rows per storage request. */
const PAGE = 1_000;
/**
 * Maximum number of additional storage requests in one call, by which `keyBeforeMatch` finds where
 * the next search continues.
 */
const QUERIES_WITHOUT_FILTER = 10;

/** Whether a delivery is dead or parked, and is not being sent again. */
export function isLost(record: DeliveryRecord): boolean {
  return LOST_STATUSES.some((status) => status === record.status) && !record.redelivering;
}

/** A position in the search. The search reads one instance, month and status after the other. */
export interface LostCursor {
  readonly instanceId: string;
  /** The month of an activity table, as `yyyymm`. */
  readonly month: string;
  readonly status: (typeof LOST_STATUSES)[number];
  /** The last row key that was read, or empty. */
  readonly after: string;
}

export interface LostRowsPorts {
  readonly tables: Tables;
  /** The ids of all polled instances. */
  readonly instanceIds: () => Promise<readonly string[]>;
}

/**
 * Reads the rows of up to `limit` lost deliveries after a position, newest first within each
 * instance, month and status. `next` is absent when everything has been read. Makes at most
 * `maxQueries` storage requests and ten more, so a page can be short or empty even when a next page
 * exists.
 */
export async function lostRows(
  { tables, instanceIds }: LostRowsPorts,
  filter: LostFilter,
  {
    from,
    limit,
    maxQueries,
  }: { readonly from?: LostCursor | undefined; readonly limit: number; readonly maxQueries: number },
): Promise<{ readonly rows: StoredRow[]; readonly next?: LostCursor }> {
  const { sinceMs, untilMs, trigger, code } = filter;
  const ids = filter.instanceId === undefined ? await instanceIds() : [filter.instanceId];
  const months = (await activityMonths(tables)).filter((month) => month >= monthOf(sinceMs));
  const first = untilMs === undefined ? '' : eventKeyAt(untilMs);
  const rows: StoredRow[] = [];
  let queries = 0;
  for (const position of positionsFrom(from, ids, months)) {
    let { after } = position;
    if (queries >= maxQueries) return { rows, next: position };
    const query = {
      partition: position.instanceId,
      from: after === '' ? first : `${after} `,
      to: `${eventKeyAt(sinceMs)}~`,
      // `trouble` is the stored name of a delivery record.
      where: { kind: 'trouble', status: position.status, ...(code !== undefined && { code }) },
    };
    const table = activityTable(position.month);
    let next: string | undefined;
    do {
      const page = await tables.query(table, {
        ...query,
        limit: Math.min(PAGE, limit - rows.length),
        ...(next !== undefined && { next }),
      });
      queries += 1;
      after = page.rows.at(-1)?.rowKey ?? after;
      rows.push(...page.rows.filter((row) => row.values['redelivering'] !== true && isOfTrigger(row, trigger)));
      next = page.next;
      if (rows.length >= limit) return { rows, next: { ...position, after } };
      if (next !== undefined && queries >= maxQueries) {
        // If these requests found no row at all, search for the position that storage has reached,
        // because the token of a storage page does not say it. `undefined`: the range holds nothing
        // more.
        const range = { partition: query.partition, from: query.from, to: query.to };
        const reached =
          after === position.after
            ? await keyBeforeMatch(tables, table, range, { where: query.where, maxQueries: QUERIES_WITHOUT_FILTER })
            : after;
        if (reached === undefined) break;
        return { rows, next: { ...position, after: reached } };
      }
    } while (next !== undefined);
  }
  return { rows };
}

/** The positions to read from, in the order of the search. */
function positionsFrom(
  from: LostCursor | undefined,
  instanceIds: readonly string[],
  months: readonly string[],
): LostCursor[] {
  const positions = instanceIds
    .toSorted()
    .flatMap((instanceId) =>
      months.flatMap((month) => LOST_STATUSES.map((status) => ({ instanceId, month, status, after: '' }))),
    );
  if (from === undefined) return positions;
  const startsAt = keyOf(from);
  return positions.flatMap((position) => {
    if (keyOf(position) < startsAt) return [];
    return keyOf(position) === startsAt ? [from] : [position];
  });
}

function keyOf({ instanceId, month, status }: LostCursor): string {
  return `${instanceId} ${month} ${status}`;
}

function isOfTrigger({ values }: StoredRow, trigger: Trigger | undefined): boolean {
  return trigger === undefined || parseSubscriptionId(String(values['subscriptionId']))?.trigger === trigger;
}
