import { activityTable } from '../deliveries/records/activity-rows.ts';
import { monthsBetween } from '../deliveries/records/activity-months.ts';
import type { RecordStatus } from '../deliveries/records/delivery-record.ts';
import { eventKeyAt, instantOfKey } from '../events/event-id.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import { coveredInstances, type CoveredInstancesPorts } from './covered-instances.ts';

/**
 * The number of deliveries by status, for the events that occurred in one hour. Pending deliveries
 * are not counted.
 */
export type HourCounts = { readonly hour: string } & Readonly<Record<RecordStatus, number>>;

export interface Activity {
  /** One entry for each hour, oldest first. The last one is the current hour. */
  readonly value: readonly HourCounts[];
  /**
   * Present when there were more rows than one call reads. The counts are complete only from this
   * time on.
   */
  readonly countedSince?: string;
  /** Present when there are instances that are not counted. */
  readonly more?: true;
}

export interface ActivityByHourPorts extends CoveredInstancesPorts {
  readonly tables: Tables;
  readonly clock: { now(): number };
}

export const HOUR_MS = 3_600_000;
/**
 * Maximum number of pages of 1,000 rows that one call reads for each instance: enough for 20,000
 * events with one delivery each, or for millions of deliveries in chunks.
 */
const MAX_PAGES_OF_INSTANCE = 40;
/** Maximum number of pages that one call reads. Instances share them; each has at least one. */
const MAX_PAGES = 100;
/** The columns that are counted (`count`). */
const SELECTED = ['kind', 'deliveredCount', 'status', 'copied'];

/**
 * Counts deliveries by the hour of their event over the last `hours`. The row of a chunk has the
 * number of its deliveries that succeeded at the first attempt, so these have no rows to read.
 * Makes one storage request for every 1,000 rows.
 */
export async function countByHour(
  ports: ActivityByHourPorts,
  { instanceId, hours }: { readonly instanceId?: string | undefined; readonly hours: number },
): Promise<Activity> {
  const nowMs = ports.clock.now();
  const firstMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS;
  const buckets = new Map(Array.from({ length: hours }, (_, index) => [firstMs + index * HOUR_MS, zeroCounts()]));
  const { instanceIds, ...more } = await coveredInstances(ports, instanceId);
  // Clocks differ, so an event may have occurred a little after this process's current time. It is
  // counted in the last hour.
  const lastBucket = [...buckets.keys()].at(-1) ?? firstMs;
  const maxPages = Math.min(MAX_PAGES_OF_INSTANCE, Math.max(1, Math.floor(MAX_PAGES / instanceIds.length)));
  const counted = await Promise.all(
    instanceIds.map((partition) =>
      eachRow(ports.tables, { partition, firstMs, nowMs, maxPages }, (row) => {
        const hourMs = Math.min(Math.floor(instantOfKey(row.rowKey) / HOUR_MS) * HOUR_MS, lastBucket);
        const bucket = buckets.get(hourMs);
        if (bucket) count(bucket, row);
      }),
    ),
  );
  const countedSinceMs = Math.max(...counted.map(({ cutAtMs }) => cutAtMs ?? 0));
  return {
    value: [...buckets].map(([hourMs, counts]) => ({ hour: new Date(hourMs).toISOString(), ...counts })),
    ...more,
    ...(countedSinceMs > 0 && { countedSince: new Date(countedSinceMs).toISOString() }),
  };
}

/**
 * Visits the rows of one instance (`partition`) newest first, month by month. Returns the time of
 * the last row as `cutAtMs` if the page limit is reached before the end.
 */
async function eachRow(
  tables: Tables,
  {
    partition,
    firstMs,
    nowMs,
    maxPages,
  }: {
    readonly partition: string;
    readonly firstMs: number;
    readonly nowMs: number;
    readonly maxPages: number;
  },
  visit: (row: StoredRow) => void,
): Promise<{ cutAtMs?: number }> {
  let pages = 0;
  for (const month of monthsBetween(firstMs, nowMs)) {
    let next: string | undefined;
    do {
      const query = { partition, to: `${eventKeyAt(firstMs)}~`, select: SELECTED };
      const page = await tables.query(activityTable(month), { ...query, ...(next !== undefined && { next }) });
      page.rows.forEach(visit);
      next = page.next;
      pages += 1;
      const last = page.rows.at(-1);
      if (pages >= maxPages && next !== undefined && last) return { cutAtMs: instantOfKey(last.rowKey) };
    } while (next !== undefined);
  }
  return {};
}

type Counts = Record<RecordStatus, number>;

function zeroCounts(): Counts {
  return { delivered: 0, retrying: 0, parked: 0, dead: 0, ended: 0 };
}

function count(counts: Counts, { values }: StoredRow): void {
  if (values['kind'] === 'chunk') counts.delivered += Number(values['deliveredCount'] ?? 0);
  // `trouble` is the stored name of a delivery record. A copied one (`DeliveryRecord`) is already
  // counted in its chunk row.
  if (values['kind'] === 'trouble' && values['copied'] !== true) counts[String(values['status']) as RecordStatus] += 1;
}
