import { monthOf } from '../../events/event-id.ts';
import type { Tables } from '../../storage/tables.ts';
import { activityTable } from './activity-rows.ts';

const PREFIX = activityTable('');

/** The months that have an activity table, as `yyyymm`, oldest first. One storage request. */
export async function activityMonths(tables: Pick<Tables, 'tableNames'>): Promise<string[]> {
  const names = await tables.tableNames(PREFIX);
  return names.map((name) => name.slice(PREFIX.length)).filter((month) => /^\d{6}$/.test(month));
}

/** The months between two times as `yyyymm`, newest first. */
export function monthsBetween(fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  const day = new Date(toMs);
  day.setUTCDate(1);
  while (monthOf(day.getTime()) >= monthOf(fromMs)) {
    months.push(monthOf(day.getTime()));
    day.setUTCMonth(day.getUTCMonth() - 1);
  }
  return months;
}
