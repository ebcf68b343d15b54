import { beforeEach, expect, test } from '@jest/globals';
import { lostRows, type LostCursor } from '../../shared/operations/lost-deliveries.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { insertDeliveries } from '../helpers/many-deliveries.ts';
import { INSTANCE } from '../helpers/memory-backend.ts';

const ROWS_PER_SCAN = 10;
const nowMs = Date.parse('2026-11-20T10:00:00Z');
const calls: StorageCalls = [];
let tables: Tables;
beforeEach(async () => {
  // Each page reads few rows, so most pages have no dead delivery.
  tables = countedTables(createMemoryTables({ rowsPerScan: ROWS_PER_SCAN }), calls);
  const segmentOf = { instanceId: INSTANCE, segmentName: 'vip', subscriptions: 20 };
  await insertDeliveries(tables, { ...segmentOf, deliveries: 2_000, fromMs: nowMs - 1_000_000, toMs: nowMs });
  calls.length = 0;
});

const find = (maxQueries: number, from?: LostCursor, code?: string): ReturnType<typeof lostRows> =>
  lostRows(
    { tables, instanceIds: () => Promise.resolve([INSTANCE]) },
    { sinceMs: 0, code },
    { from, limit: 10_000, maxQueries },
  );

test('a search ends after the storage requests that it may make', async () => {
  const { next } = await find(5, undefined, 'http-418');
  // The months, five filtered requests, and ten that find the position.
  expect(calls).toHaveLength(16);
  expect(next).toBeDefined();
});

test('searches that continue each other find everything that one search finds, each once', async () => {
  const all = (await find(10_000)).rows.map(({ rowKey }) => rowKey);
  const found: string[] = [];
  let from: LostCursor | undefined;
  do {
    const { rows, next } = await find(2, from);
    found.push(...rows.map(({ rowKey }) => rowKey));
    from = next;
  } while (from !== undefined);
  expect(all.length).toBeGreaterThan(20);
  expect(found).toEqual(all);
});

test('searches that find nothing come to an end', async () => {
  let from: LostCursor | undefined;
  let searches = 0;
  do {
    const { rows, next } = await find(2, from, 'http-418');
    expect(rows).toEqual([]);
    from = next;
    searches += 1;
  } while (from !== undefined && searches < 1_000);
  expect(from).toBeUndefined();
});
