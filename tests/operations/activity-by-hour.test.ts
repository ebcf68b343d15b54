import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { at } from '../helpers/insights-data.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const calls: StorageCalls = [];
let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture({ tables: countedTables(createMemoryTables(), calls) });
});

const iso = (ms: number): string => new Date(ms).toISOString();

test('deliveries are counted by the hour of their event and by what became of them', async () => {
  await fixture.flow('fine');
  await fixture.flow('refused');
  await fixture.flow('busy');
  fixture.answers.set(callbackUrl('refused'), () => answered(400));
  const startMs = fixture.clock.now();
  await fixture.rise();
  await fixture.pass(2 * HOUR);
  fixture.answers.set(callbackUrl('busy'), () => answered(503));
  await fixture.rise();
  const { value, countedSince } = await fixture.backend.operator.activity({ hours: 24 });
  expect(countedSince).toBeUndefined();
  expect(value).toHaveLength(24);
  expect(value.map(({ hour }) => hour)).toEqual([...value.map(({ hour }) => hour)].sort());
  expect(value.at(-1)).toEqual({
    hour: iso(startMs + 2 * HOUR),
    delivered: 1,
    retrying: 1,
    parked: 0,
    dead: 1,
    ended: 0,
  });
  expect(value.at(-3)).toEqual({ hour: iso(startMs), delivered: 2, retrying: 0, parked: 0, dead: 1, ended: 0 });
  expect(value.at(-2)).toEqual({ hour: iso(startMs + HOUR), delivered: 0, retrying: 0, parked: 0, dead: 0, ended: 0 });
});

test('a delivery that was sent again is counted once', async () => {
  await fixture.flow('one');
  await fixture.rise();
  const [only] = (await fixture.backend.operator.listDeliveries({}, { limit: 5 })).deliveries;
  await fixture.backend.operator.redeliver(only?.deliveryId ?? '');
  await fixture.pass(MINUTE);
  const { value } = await fixture.backend.operator.activity({ hours: 1 });
  expect(value).toMatchObject([{ delivered: 1 }]);
});

test('what is older than was asked for, or of another instance, is left out', async () => {
  await fixture.flow('one');
  await fixture.rise();
  await fixture.pass(DAY);
  const counted = async (search: { instanceId?: string; hours: number }): Promise<number> =>
    (await fixture.backend.operator.activity(search)).value.reduce((sum, { delivered }) => sum + delivered, 0);
  expect(await counted({ hours: 24 })).toBe(0);
  expect(await counted({ hours: 48 })).toBe(1);
  expect(await counted({ hours: 48, instanceId: INSTANCE })).toBe(1);
  expect(await counted({ hours: 48, instanceId: '99999999-2222-3333-4444-555555555555' })).toBe(0);
});

test('a thousand deliveries of one event take a request for each thousand rows, not for each delivery', async () => {
  for (let index = 0; index < 300; index++) await fixture.flow(`flow-${index}`);
  await fixture.rise();
  calls.length = 0;
  const { value } = await fixture.backend.operator.activity({ hours: 1 });
  expect(value).toMatchObject([{ delivered: 300 }]);
  expect(calls).toEqual(['query instances', 'query activity202611']);
});

test('one request reads forty pages of an instance at most, and says from when on it counted all', async () => {
  const tables = createMemoryTables();
  let isEndless = false;
  const endless: Tables = {
    ...tables,
    query: async (table, query) => {
      const { next, ...first } = query;
      const page = await tables.query(table, isEndless ? first : query);
      return isEndless && table.startsWith('activity') ? { ...page, next: next ?? 'more' } : page;
    },
  };
  fixture = segmentFixture({ tables: countedTables(endless, calls) });
  await fixture.flow('one');
  await fixture.rise();
  calls.length = 0;
  isEndless = true;
  const { countedSince } = await fixture.backend.operator.activity({ instanceId: INSTANCE, hours: 24 });
  expect(countedSince).toBe(at(2));
  expect(calls).toHaveLength(40);
});
