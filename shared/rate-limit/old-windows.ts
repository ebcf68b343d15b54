import type { Clock } from '../clock.ts';
import { allRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';
import { lastAdmissionOf, LIMITS_TABLE } from './rate-limiter.ts';
import { wideWindowMs, type RateRule } from './rate-window.ts';

/** Long enough for any clock. */
const KEPT_MS = 3600 * 1000;

/**
 * Drops windows in which nothing counts any more, as of connections that were removed and of instances that do not exist: who asks for such a key again begins
 * with an empty one, which is the same. One storage request for a thousand, and one for each that goes.
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
  const endedMs = clock.now() - wideWindowMs(rule) - KEPT_MS;
  for await (const row of allRows(tables, LIMITS_TABLE, { partition: { from: '', to: '~' } })) {
    const { partitionKey, rowKey, etag } = row;
    if (lastAdmissionOf(row) > endedMs) continue;
    await tables.write(LIMITS_TABLE, [{ kind: 'delete', row: { partitionKey, rowKey }, etag }]);
  }
}
