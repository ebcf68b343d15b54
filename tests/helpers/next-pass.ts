import type { Tables } from '../../shared/storage/tables.ts';
import { WORK_SHARDS, WORK_TABLE } from '../../shared/work/work-list.ts';

/**
 * When the reconciler finds something to check for the first time, of passes that begin every
 * `periodMs`; `Infinity`: the work list is empty. Passes before do nothing, so a test need not make
 * them.
 */
export async function nextPassMs(tables: Tables, nowMs: number, periodMs: number): Promise<number> {
  const firsts = await Promise.all(
    WORK_SHARDS.map(async (partition) => (await tables.query(WORK_TABLE, { partition, limit: 1 })).rows[0]),
  );
  const dueMs = firsts.map((row) => (row ? Number.parseInt(row.rowKey.split('!')[0] ?? '', 36) : Infinity));
  const [backfill] = (await tables.query(WORK_TABLE, { partition: 'backfill' })).rows;
  if (backfill && backfill.values['done'] !== true) dueMs.push(Number(backfill.values['beginsAtMs']));
  const firstMs = Math.max(Math.min(...dueMs), nowMs + 1);
  return Math.ceil(firstMs / periodMs) * periodMs;
}
