import { beforeEach, expect, test } from '@jest/globals';
import { auditLog, dropOldAudit, type AuditLog } from '../../shared/operations/audit-log.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { failingTables } from './failing-tables.ts';
import { DAY } from './segment-fixture.ts';

const tables = failingTables();
let clock = manualClock();
let audit: AuditLog;
beforeEach(() => {
  tables.reset();
  clock = manualClock();
  let count = 0;
  const random = { token: (bytes: number) => Buffer.alloc(bytes, count++).toString('base64url') };
  audit = auditLog({ tables, clock, random });
});

/** One action, a day after the one before. */
const act = async (action: string): Promise<void> => {
  await audit.finish(await audit.begin({ operator: 'anna', action }), { status: 202 });
  await clock.advance(DAY);
};
const actions = async (page: { limit: number; next?: string }, sinceMs?: number): Promise<string[]> =>
  (await audit.list({ sinceMs }, page)).entries.map(({ action }) => action);

test('pages go through all months, newest first', async () => {
  const all = Array.from({ length: 70 }, (_, day) => `day ${day}`);
  for (const action of all) await act(action);
  const listed: string[] = [];
  let next: string | undefined;
  do {
    const page = await audit.list({}, { limit: 7, ...(next !== undefined && { next }) });
    listed.push(...page.entries.map(({ action }) => action));
    next = page.next;
  } while (next !== undefined);
  expect(listed).toEqual(all.toReversed());
  expect(await actions({ limit: 100 }, clock.now() - 3 * DAY)).toEqual(['day 69', 'day 68', 'day 67']);
  await expect(audit.list({}, { limit: 1, next: 'nothing' })).rejects.toThrow(RangeError);
});

test('an action whose process died is listed without a result', async () => {
  await audit.begin({ operator: 'anna', action: 'move', target: 'sub_1', body: { text: 'x'.repeat(2_000) } });
  const { entries } = await audit.list({}, { limit: 1 });
  expect(entries).toMatchObject([{ operator: 'anna', action: 'move', target: 'sub_1', result: 'unknown' }]);
  expect(entries[0]?.body).toHaveLength(1_024);
});

test('no action begins while its entry cannot be stored', async () => {
  tables.failAfter(0);
  await expect(audit.begin({ operator: 'anna', action: 'move' })).rejects.toThrow('switched off');
});

test('months are dropped when they are older than the retention', async () => {
  for (let day = 0; day < 150; day++) await act(`day ${day}`);
  await dropOldAudit({ tables, clock, retentionMonths: 1 });
  const kept = await audit.list({}, { limit: 200 });
  const month = new Date(clock.now());
  const first = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() - 1, 1)).toISOString();
  expect(kept.entries.at(-1)?.at.slice(0, 10)).toBe(first.slice(0, 10));
  expect(await tables.tableNames('audit')).toHaveLength(2);
});
