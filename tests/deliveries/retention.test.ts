import { expect, test } from '@jest/globals';
import { dropOldActivity } from '../../shared/deliveries/records/retention.ts';
import { silentLog } from '../../shared/log.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';

const row = { partitionKey: 'p', rowKey: 'r' };

async function keptAfter(now: string, retentionMonths: number, names: readonly string[]): Promise<string[]> {
  const tables = createMemoryTables();
  for (const name of names) await tables.write(name, [{ kind: 'insert', row }]);
  const clock = { now: () => Date.parse(now), sleep: () => Promise.resolve() };
  for (let count = 0; count < 2; count++) await dropOldActivity({ tables, clock, log: silentLog, retentionMonths });
  return (await Promise.all(['activity', 'state'].map((prefix) => tables.tableNames(prefix)))).flat();
}

const year = ['202512', '202601', '202602', '202603', '202604'].map((month) => `activity${month}`);

test.each([
  ['2026-04-01T00:00:00Z', 3, year.slice(1)],
  ['2026-04-30T23:59:59Z', 3, year.slice(1)],
  ['2026-03-31T23:59:59Z', 3, year],
  ['2026-03-31T00:00:00Z', 1, year.slice(2)],
  ['2026-01-31T00:00:00Z', 1, year],
  ['2026-02-28T00:00:00Z', 1, year.slice(1)],
  ['2027-04-01T00:00:00Z', 12, year.slice(4)],
  ['2030-01-01T00:00:00Z', 1, []],
])('on %s, %d whole months before the current one are kept', async (now, retentionMonths, kept) => {
  expect(await keptAfter(now, retentionMonths, year)).toEqual(kept);
});

test('no other table is dropped', async () => {
  expect(await keptAfter('2030-01-01T00:00:00Z', 1, ['state', 'activity', 'activity1', 'activities202001'])).toEqual([
    'activity',
    'activity1',
    'state',
  ]);
});
