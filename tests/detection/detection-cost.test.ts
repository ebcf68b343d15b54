import { beforeEach, describe, expect, test } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter, type RequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { sharedAzurite } from '../helpers/azurite.ts';
import { measure, output, segment, evaluated } from '../helpers/insights-data.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import { uniqueTables } from '../helpers/unique-tables.ts';

let counter: RequestCounter;
let world: MemoryBackend;

beforeEach(() => {
  counter = createRequestCounter();
  const clients = openStorageClients({
    account: { connectionString: sharedAzurite().connectionString },
    policy: (service) => counter.policy(service),
  });
  const rateLimit = { calls: 100, windowSeconds: 60 };
  world = memoryBackend({ tables: uniqueTables(createAzureTables({ clients })), config: { rateLimit } });
});

const subscribe = (name: string, threshold: number): ReturnType<MemoryBackend['subscribe']> =>
  world.subscribe('measure-threshold-crossed', { measureName: 'revenue', threshold, callbackUrl: callbackUrl(name) });

describe('what a poll costs in requests to storage', () => {
  test('with nothing new: three, and three list calls, whatever is subscribed to', async () => {
    world.data.measures = [measure('revenue', output(10, 1))];
    world.data.segments = [segment('vip', evaluated(10, 1))];
    await subscribe('one', 20);
    await world.subscribe('segment-threshold-crossed', {
      segmentName: 'vip',
      threshold: 20,
      callbackUrl: callbackUrl('two'),
    });
    await world.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('three') });
    await world.poll();
    counter.reset();
    world.insights.calls.length = 0;
    await world.poll();
    // Read, take the places of all calls together, save.
    expect(counter.counts()).toEqual({ 'tables.query': 1, 'tables.replaceOrUpsert': 2 });
    expect(world.insights.calls.map(({ method }) => method).sort()).toEqual(['jobs', 'measures', 'segments']);
  });

  test('one event for one subscriber, from open to settled: four, beside those of the poll', async () => {
    world.data.measures = [measure('revenue', output(10, 1))];
    await subscribe('one', 20);
    // The first event of a month also makes the month's table.
    world.data.measures = [measure('revenue', output(30, 2), output(10, 3))];
    await world.poll();
    world.data.measures = [measure('revenue', output(10, 3), output(30, 4))];
    counter.reset();
    await world.poll();
    expect(world.calls).toHaveLength(2);
    const poll = { read: 1, placesOfLists: 1, placeOfHistory: 1, commit: 1, save: 1 };
    const settle = { findSubscribers: 1, claim: 1, outcome: 1, close: 1 };
    expect(counter.total()).toBe(Object.values({ ...poll, ...settle }).reduce((sum, count) => sum + count, 0));
  });

  test('with 10,000 subscriptions of which 50 are crossed: one request and 50 rows find them', async () => {
    world.data.measures = [measure('revenue', output(0, 1))];
    await subscribe('first', 1_000_000);
    await insertSubscriptions(world.tables, {
      instanceId: INSTANCE,
      trigger: 'measure-threshold-crossed',
      name: 'revenue',
      thresholds: Array.from({ length: 10_000 }, (_, index) => index + 1),
      callbackUrl: (index) => callbackUrl(`many${index}`),
      encryptionKey: Buffer.alloc(32, 7),
    });
    await world.poll();
    world.data.measures = [measure('revenue', output(5_000.5, 2))];
    // The first finds an event of 20 chunks, the second closes it.
    await world.poll();
    await world.poll();
    world.data.measures = [measure('revenue', output(5_050.5, 3))];
    world.calls.length = 0;
    const stateRows = 3;
    counter.reset();
    await world.poll();
    expect(world.calls.map(({ body }) => body['threshold']).sort()).toEqual(
      Array.from({ length: 50 }, (_, index) => 5_001 + index),
    );
    expect(counter.counts()['tables.query']).toBe(2);
    expect(counter.rows()).toBeLessThanOrEqual(50 + stateRows);
  });
});
