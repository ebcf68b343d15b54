import { beforeEach, expect, test } from '@jest/globals';
import { listSortedSubscriptions, parseSort } from '../../shared/subscriptions/sorted-subscriptions.ts';
import { SUBSCRIPTIONS_TABLE } from '../../shared/subscriptions/subscription-row.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
beforeEach(async () => {
  // Pages of real tables may be short: so are these.
  fixture = segmentFixture({ tables: createMemoryTables({ rowsPerScan: 2 }) });
  for (const [name, threshold] of Object.entries({ beta: 103, Alpha: 101, gamma: 102 })) {
    await fixture.flow(name, { label: name, threshold });
    await fixture.pass(MINUTE);
  }
  await fixture.flow('nameless', { threshold: 100 });
});

async function labels(text: string, limit = 2): Promise<(string | undefined)[]> {
  const sort = parseSort(text);
  const all: (string | undefined)[] = [];
  let next: string | undefined;
  do {
    const page = await fixture.backend.operator.listSubscriptions(
      {},
      { limit, ...(next !== undefined && { next }) },
      { sort },
    );
    expect(page.subscriptions.length).toBeLessThanOrEqual(limit);
    all.push(...page.subscriptions.map(({ label }) => label));
    next = page.next;
  } while (next !== undefined);
  return all;
}

test.each([
  ['label', ['Alpha', 'beta', 'gamma', undefined]],
  ['-label', ['gamma', 'beta', 'Alpha', undefined]],
  ['createdAt', ['beta', 'Alpha', 'gamma', undefined]],
  ['-createdAt', [undefined, 'gamma', 'Alpha', 'beta']],
  ['threshold', [undefined, 'Alpha', 'gamma', 'beta']],
])('by %s they come in this order over all pages, those without a value last', async (sort, expected) => {
  expect(await labels(sort)).toEqual(expected);
});

test('by failingSince the one that has failed longest comes first', async () => {
  fixture.answers.set(callbackUrl('gamma'), () => answered(503));
  await fixture.rise();
  expect((await labels('failingSince'))[0]).toBe('gamma');
});

test.each(['', 'callbackUrl', '--label', 'label-'])('"%s" is no column to sort by', (text) => {
  expect(parseSort(text)).toBeUndefined();
});

test.each(['-1', 'x', '1000000'])('the page "%s" does not come from an earlier one', async (next) => {
  const sort = parseSort('label');
  await expect(fixture.backend.operator.listSubscriptions({}, { limit: 2, next }, { sort })).rejects.toThrow(
    RangeError,
  );
});

test('pages of storage may be short: all subscriptions are sorted all the same', async () => {
  for (let n = 0; n < 20; n++) await fixture.flow(`flow-${n}`, { label: `flow ${n}` });
  expect(await labels('label', 10)).toHaveLength(24);
});

test('those beyond 10,000 are on no page, and the answer says so', async () => {
  const tables = createMemoryTables();
  const first = segmentFixture({ tables });
  await first.flow('one');
  const [row] = (await tables.query(SUBSCRIPTIONS_TABLE, { partition: { from: '', to: '~' } })).rows;
  if (row === undefined) throw new Error('the flow has no row');
  const copy = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      const rowKey = row.rowKey.slice(0, 16) + String(n).padStart(16, '0');
      const copied = { ...row.values, partitionKey: row.partitionKey, rowKey };
      await tables.write(SUBSCRIPTIONS_TABLE, [{ kind: 'insert', row: copied }]);
    }
  };
  const sort = { column: 'label', descending: false } as const;
  const list = (next = '0') => listSortedSubscriptions(tables, {}, sort, { limit: 1, next });
  await copy(0, 9_999);
  expect(await list()).not.toHaveProperty('more');
  await copy(9_999, 10_000);
  expect(await list()).toMatchObject({ next: '1', more: true });
  expect(await list('9999')).not.toHaveProperty('next');
});
