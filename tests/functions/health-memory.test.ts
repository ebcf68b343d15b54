import type { HttpHandler, HttpResponseInit } from '@azure/functions';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { registerHealth } from '../../functions/health.ts';
import type { Registrar } from '../../functions/registrar.ts';
import { unreachableInstances } from '../../shared/detection/unreachable-instances.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import { manualClock, type ManualClock } from '../helpers/manual-clock.ts';

let clock: ManualClock;
let requests: number;
let isDown: boolean;
let handler: HttpHandler;
let tables: Tables;

beforeEach(() => {
  clock = manualClock();
  requests = 0;
  isDown = false;
  tables = createMemoryTables();
  const queues = createMemoryQueues({ clock });
  const count = <T>(answer: () => Promise<T>): Promise<T> => {
    requests += 1;
    return isDown ? Promise.reject(new StorageError('tables', 'down')) : answer();
  };
  const app = { http: (_: string, options: { handler: HttpHandler }) => (handler = options.handler) };
  registerHealth(
    app as unknown as Registrar,
    {
      tables: { ...tables, query: (...args) => count(() => tables.query(...args)) },
      queues: { ...queues, length: (queue) => count(() => queues.length(queue)) },
      clock,
    },
    [],
  );
});

test('health is degraded since the first instance became unreachable, stays 200 and names none', async () => {
  const unreachable = unreachableInstances(tables);
  await unreachable.add('11111111-2222-3333-4444-555555555555', '2026-11-23T10:01:00.000Z');
  await unreachable.add('99999999-2222-3333-4444-555555555555', '2026-11-23T10:00:00.000Z');
  const response = (await handler({} as never, {} as never)) as HttpResponseInit;
  expect(JSON.parse(response.body as string)).toEqual({
    status: 'degraded',
    version: expect.any(String),
    unreachableSince: '2026-11-23T10:00:00.000Z',
    poison: { polls: 0, deliveries: 0, retries: 0 },
  });
  expect(response.status ?? 200).toBe(200);
  expect(requests).toBe(4);
});

const ask = async (): Promise<number> =>
  ((await handler({} as never, {} as never)) as { status?: number }).status ?? 200;

describe('health', () => {
  test('asks storage once in five seconds, however many ask', async () => {
    expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array(50).fill(200));
    expect(requests).toBe(4);
    await clock.advance(4_999);
    await ask();
    expect(requests).toBe(4);
    await clock.advance(1);
    await ask();
    expect(requests).toBe(8);
  });

  test('sees within five seconds that storage is away, and within one that it is back', async () => {
    await ask();
    isDown = true;
    await clock.advance(5_000);
    expect(await ask()).toBe(503);
    isDown = false;
    await clock.advance(999);
    expect(await ask()).toBe(503);
    await clock.advance(1);
    expect(await ask()).toBe(200);
  });

  test('is asked again by a clock that was set back', async () => {
    await ask();
    await clock.advance(-3_600_000);
    await ask();
    expect(requests).toBe(8);
  });
});
