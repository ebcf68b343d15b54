import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryFilter } from '../../shared/operations/delivery-filter.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { HOUR, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const calls: StorageCalls = [];
const ENGINE_ID = '0123456789abcdef0123456789abcdef';
const NAME = '5d2c7f0a-91b4-4f0e-8c8e-000000000001';
const flow = { workflowId: ENGINE_ID, workflowName: NAME, operationName: 'When', environmentId: 'Default-1' };
let fixture: SegmentFixture;
let ids: Record<string, string>;

beforeEach(async () => {
  fixture = segmentFixture({ tables: countedTables(createMemoryTables(), calls) });
  ids = {
    fine: (await fixture.flow('fine', {}, flow)).id,
    full: (await fixture.flow('full')).id,
    slow: (await fixture.flow('slow')).id,
  };
  fixture.answers.set(callbackUrl('full'), () => ({
    ...answered(400),
    excerpt: { headers: { 'content-type': 'text/plain' }, body: 'The table is full.' },
  }));
  fixture.answers.set(callbackUrl('slow'), () => answered(503));
  await fixture.rise();
  calls.length = 0;
});

const found = async (filter: DeliveryFilter): Promise<string[]> => {
  const { deliveries } = await fixture.backend.operator.listDeliveries(filter, { limit: 100 });
  return deliveries.map(({ subscriptionId }) => Object.entries(ids).find(([, id]) => id === subscriptionId)?.[0] ?? '');
};

describe('deliveries are narrowed', () => {
  test.each<[DeliveryFilter, string[]]>([
    [{}, ['fine', 'full', 'slow']],
    [{ instanceId: INSTANCE }, ['fine', 'full', 'slow']],
    [{ instanceId: '99999999-2222-3333-4444-555555555555' }, []],
    [{ trigger: 'segment-threshold-crossed' }, ['fine', 'full', 'slow']],
    [{ trigger: 'full-refresh-completed' }, []],
    [{ trigger: 'full-refresh-completed', status: 'dead' }, []],
    [{ flow: NAME }, ['fine']],
    [{ flow: ENGINE_ID.toUpperCase() }, ['fine']],
    [{ flow: `https://make.powerautomate.com/environments/Default-1/flows/${NAME}/runs/0858?v=3` }, ['fine']],
    [{ flow: `https://make.powerautomate.com/environments/Default-2/flows/${NAME}/details` }, []],
    [{ code: 'http-400' }, ['full']],
    [{ code: 'http-400', status: 'retrying' }, []],
    [{ code: 'delivered' }, ['fine']],
    [{ httpStatus: 503 }, ['slow']],
    [{ httpStatus: 202 }, ['fine']],
    [{ text: 'TABLE IS' }, ['full']],
    [{ text: 'from 90 to 120' }, ['fine', 'full', 'slow']],
    [{ text: 'nobody wrote this' }, []],
    [{ status: 'delivered', text: 'vip' }, ['fine']],
  ])('by %o', async (filter, names) => {
    expect((await found(filter)).toSorted()).toEqual(names);
  });

  test('by time, from both ends', async () => {
    await fixture.pass(10 * HOUR);
    await fixture.rise();
    const all = await fixture.backend.operator.listDeliveries({ subscriptionId: ids['fine'] }, { limit: 10 });
    const [later, earlier] = all.deliveries.map(({ occurredAt }) => Date.parse(occurredAt));
    const between = (later ?? 0) - 1;
    for (const filter of [{}, { code: 'http-400' }, { subscriptionId: ids['full'] }]) {
      const times = async (more: DeliveryFilter): Promise<number[]> => {
        const { deliveries } = await fixture.backend.operator.listDeliveries({ ...filter, ...more }, { limit: 10 });
        return [...new Set(deliveries.map(({ occurredAt }) => Date.parse(occurredAt)))];
      };
      expect(await times({ untilMs: between })).toEqual([earlier]);
      expect(await times({ sinceMs: between })).toEqual([later]);
    }
  });
});

test('a search that finds nothing says how far back it has searched, and costs no more for it', async () => {
  const risen: string[] = [];
  for (let count = 0; count < 30; count++) {
    await fixture.rise();
    risen.push((await fixture.backend.operator.listEvents({}, { limit: 1 })).events[0]?.occurredAt ?? '');
  }
  calls.length = 0;
  const page = await fixture.backend.operator.listDeliveries({ text: 'nobody wrote this' }, { limit: 50 });
  // The newest twenty events of thirty-one.
  expect(page).toEqual({ deliveries: [], next: expect.any(String), lookedBackTo: risen.at(-20) });
  expect(calls.length).toBeLessThanOrEqual(45);
  calls.length = 0;
  const rest = await fixture.backend.operator.listDeliveries(
    { text: 'nobody wrote this' },
    { limit: 50, next: page.next ?? '' },
  );
  expect(rest).toEqual({ deliveries: [] });
});

test('pages of failures that are searched hold each once', async () => {
  for (let count = 0; count < 5; count++) await fixture.rise();
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const page = await fixture.backend.operator.listDeliveries(
      { text: 'table is full' },
      { limit: 2, ...(next !== undefined && { next }) },
    );
    // Searched for among all: whatever had no hit gives a short page.
    seen.push(...page.deliveries.map(({ deliveryId }) => deliveryId));
    next = page.next;
  } while (next !== undefined);
  expect(seen).toHaveLength(6);
  expect(new Set(seen).size).toBe(6);
});
