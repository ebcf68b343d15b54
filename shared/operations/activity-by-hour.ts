import { activityTable } from '../deliveries/records/activity-rows.ts';
import { monthsBetween } from '../deliveries/records/activity-store.ts';
import type { RecordStatus } from '../deliveries/records/delivery-record.ts';
import { eventKeyAt, instantOfKey } from '../events/event-id.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';

/** Deliveries of the events that occurred in one hour, by status. Those that were not tried yet are not among them. */
export type HourCounts = { readonly hour: string } & Readonly<Record<RecordStatus, number>>;

export interface Activity {
  /** Oldest first, every hour once, the present one last. */
  readonly value: readonly HourCounts[];
  /** Only from this instant on the counts are whole: there was more to read than one call may. */
  readonly countedSince?: string;
}

export interface ActivityByHourPorts {
  readonly tables: Tables;
  readonly clock: { now(): number };
  readonly instanceIds: () => Promise<readonly string[]>;
}

export const HOUR_MS = 3_600_000;
/** Pages of a thousand rows that one call reads of each instance: 20,000 events to one flow each, or millions of deliveries in chunks. */
const MAX_PAGES = 40;
const SELECTED = ['kind', 'deliveredCount', 'status', 'copied'];

/**
 * Counts deliveries by the hour of their event over the last `hours`. Reads rows of counts, not of deliveries: a chunk tells of 250 that
 * succeeded with one number. One storage request for each started thousand of rows.
 */
export async function countByHour(
  ports: ActivityByHourPorts,
  { instanceId, hours }: { readonly instanceId?: string | undefined; readonly hours: number },
): Promise<Activity> {
  const nowMs = ports.clock.now();
  const firstMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS;
  const buckets = new Map(Array.from({ length: hours }, (_, index) => [firstMs + index * HOUR_MS, nothing()]));
  const instanceIds = instanceId === undefined ? await ports.instanceIds() : [instanceId];
  // Clocks differ: an event may have occurred a little later than it was detected, by ours.
  const lastBucket = [...buckets.keys()].at(-1) ?? firstMs;
  const counted = await Promise.all(
    instanceIds.map((partition) =>
      eachRow(ports.tables, { partition, firstMs, nowMs }, (row) => {
        const hourMs = Math.min(Math.floor(instantOfKey(row.rowKey) / HOUR_MS) * HOUR_MS, lastBucket);
        const bucket = buckets.get(hourMs);
        if (bucket) count(bucket, row);
      }),
    ),
  );
  const countedSinceMs = Math.max(...counted.map(({ cutAtMs }) => cutAtMs ?? 0));
  return {
    value: [...buckets].map(([hourMs, counts]) => ({ hour: new Date(hourMs).toISOString(), ...counts })),
    ...(countedSinceMs > 0 && { countedSince: new Date(countedSinceMs).toISOString() }),
  };
}

/** Newest first, month by month; `cutAtMs`: the event at which it stopped although there are older ones. */
async function eachRow(
  tables: Tables,
  { partition, firstMs, nowMs }: { partition: string; firstMs: number; nowMs: number },
  see: (row: StoredRow) => void,
): Promise<{ cutAtMs?: number }> {
  let pages = 0;
  for (const month of monthsBetween(firstMs, nowMs)) {
    let next: string | undefined;
    do {
      const query = { partition, to: `${eventKeyAt(firstMs)}~`, select: SELECTED };
      const page = await tables.query(activityTable(month), { ...query, ...(next !== undefined && { next }) });
      page.rows.forEach(see);
      next = page.next;
      pages += 1;
      const last = page.rows.at(-1);
      if (pages >= MAX_PAGES && next !== undefined && last) return { cutAtMs: instantOfKey(last.rowKey) };
    } while (next !== undefined);
  }
  return {};
}

type Counts = Record<RecordStatus, number>;

function nothing(): Counts {
  return { delivered: 0, retrying: 0, parked: 0, dead: 0, ended: 0 };
}

function count(counts: Counts, { values }: StoredRow): void {
  if (values['kind'] === 'chunk') counts.delivered += Number(values['deliveredCount'] ?? 0);
  // A copy is counted in its chunk.
  if (values['kind'] === 'trouble' && values['copied'] !== true) counts[String(values['status']) as RecordStatus] += 1;
}
