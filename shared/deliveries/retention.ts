import type { Clock } from '../clock.ts';
import { monthOf } from '../events/event-id.ts';
import type { Log } from '../log.ts';
import type { Tables } from '../storage/tables.ts';
import { activityMonths } from './activity-months.ts';
import { activityTable } from './activity-rows.ts';

/** Drops the tables of the months before the `retentionMonths` whole ones that precede the current month. Reads no row. */
export async function dropOldActivity(ports: {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly log: Log;
  readonly retentionMonths: number;
}): Promise<void> {
  const { tables, clock, log, retentionMonths } = ports;
  const oldest = oldestKept(clock.now(), retentionMonths);
  for (const month of await activityMonths(tables)) {
    if (month >= oldest) continue;
    await tables.dropTable(activityTable(month));
    log.info('activity.dropped', { month });
  }
}

/** The first month, as `yyyymm`, whose activity is kept. */
function oldestKept(nowMs: number, retentionMonths: number): string {
  const now = new Date(nowMs);
  return monthOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - retentionMonths, 1));
}
