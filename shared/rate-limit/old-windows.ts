import type { Clock } from '../clock.ts';
import { allRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';
import { lastAdmissionOf, LIMITS_TABLE } from './rate-limiter.ts';
import { wideWindowMs, type RateRule } from './rate-window.ts';

/** Allowance for clock skew between workers. */
const CLOCK_SKEW_MS = 3600 * 1000;

/**
 * Deletes the rows of keys whose last admission (granted permit) no longer counts, such as the rows
 * of removed connections. To a later call with the same key, a missing row means the same as such a
 * row. Takes one storage request per 1,000 rows and one per deleted row.
 */
export async function dropOldWindows({
  tables,
  clock,
  rule,
}: {
  tables: Tables;
  clock: Clock;
  rule: RateRule;
}): Promise<void> {
  if (rule.calls === 0) return;
  const endedMs = clock.now() - wideWindowMs(rule) - CLOCK_SKEW_MS;
  for await (const row of allRows(tables, LIMITS_TABLE, { partition: { from: '', to: '~' } })) {
    const { partitionKey, rowKey, etag } = row;
    if (lastAdmissionOf(row) > endedMs) continue;
    await tables.write(LIMITS_TABLE, [{ kind: 'delete', row: { partitionKey, rowKey }, etag }]);
  }
}
