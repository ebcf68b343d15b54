import { beforeEach, expect, test } from '@jest/globals';
import { parseSort } from '../../shared/subscriptions/sorted-subscriptions.ts';
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
