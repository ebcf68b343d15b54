import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { Tables } from '../../storage/tables.ts';
import { activityMonths } from './activity-months.ts';
import { activityTable } from './activity-rows.ts';
import { activityDroppedAtMs } from '../lifetimes.ts';

/**
 * Drops the activity tables of months that ended at least `retentionMonths` months ago. Reads no
 * rows.
 */
export async function dropOldActivity(ports: {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly log: Log;
  readonly retentionMonths: number;
}): Promise<void> {
  const { tables, clock, log, retentionMonths } = ports;
  for (const month of await activityMonths(tables)) {
    const startsMs = Date.UTC(Number(month.slice(0, 4)), Number(month.slice(4)) - 1, 1);
    if (clock.now() < activityDroppedAtMs(startsMs, retentionMonths)) continue;
    await tables.dropTable(activityTable(month));
    log.info('activity.dropped', { month });
  }
}
