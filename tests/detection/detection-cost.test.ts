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
let fixture: MemoryBackend;

beforeEach(() => {
  counter = createRequestCounter();
  const clients = openStorageClients({
    account: { connectionString: sharedAzurite().connectionString },
    policyFor: counter.policyFor,
  });
  const rateLimit = { calls: 100, windowSeconds: 60 };
  fixture = memoryBackend({ tables: uniqueTables(createAzureTables({ clients })), config: { rateLimit } });
});

const subscribe = (name: string, threshold: number): ReturnType<MemoryBackend['subscribe']> =>
  fixture.subscribe('measure-threshold-crossed', { measureName: 'revenue', threshold, callbackUrl: callbackUrl(name) });

describe('what a poll costs in requests to storage', () => {
  test('with nothing new: three, and three list calls, whatever is subscribed to', async () => {
    fixture.data.measures = [measure('revenue', output(10, 1))];
    fixture.data.segments = [segment('vip', evaluated(10, 1))];
    await subscribe('one', 20);
    await fixture.subscribe('segment-threshold-crossed', {
      segmentName: 'vip',
      threshold: 20,
      callbackUrl: callbackUrl('two'),
    });
    await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('three') });
    await fixture.poll();
    counter.reset();
    fixture.insights.calls.length = 0;
    await fixture.poll();
    // Read, take the permits of all calls together, save.
    expect(counter.counts()).toEqual({ 'tables.query': 1, 'tables.replaceOrUpsert': 2 });
    expect(fixture.insights.calls.map(({ method }) => method).sort()).toEqual(['jobs', 'measures', 'segments']);
  });

  test('one event for one subscriber, from the commit to the last outcome: four, beside those of the poll', async () => {
    fixture.data.measures = [measure('revenue', output(10, 1))];
    await subscribe('one', 20);
    // The first event of a month also makes the month's table.
    fixture.data.measures = [measure('revenue', output(30, 2), output(10, 3))];
    await fixture.poll();
    fixture.data.measures = [measure('revenue', output(10, 3), output(30, 4))];
    counter.reset();
    await fixture.poll();
    expect(fixture.calls).toHaveLength(2);
    const poll = { read: 1, permitsOfLists: 1, permitOfHistory: 1, commit: 1, save: 1 };
    const finish = { findSubscribers: 1, claim: 1, outcome: 1, close: 1 };
    expect(counter.total()).toBe(Object.values({ ...poll, ...finish }).reduce((sum, count) => sum + count, 0));
  });

  test('with 10,000 subscriptions of which 50 are crossed: one request and 50 rows find them', async () => {
    fixture.data.measures = [measure('revenue', output(0, 1))];
    await subscribe('first', 1_000_000);
    await insertSubscriptions(fixture.tables, {
      instanceId: INSTANCE,
      trigger: 'measure-threshold-crossed',
      name: 'revenue',
      thresholds: Array.from({ length: 10_000 }, (_, index) => index + 1),
      callbackUrl: (index) => callbackUrl(`many${index}`),
      encryptionKey: Buffer.alloc(32, 7),
    });
    await fixture.poll();
    fixture.data.measures = [measure('revenue', output(5_000.5, 2))];
    // The first finds an event of 20 chunks, the second closes it.
    await fixture.poll();
    await fixture.poll();
    fixture.data.measures = [measure('revenue', output(5_050.5, 3))];
    fixture.calls.length = 0;
    const stateRows = 3;
    counter.reset();
    await fixture.poll();
    expect(fixture.calls.map(({ body }) => body['threshold']).sort()).toEqual(
      Array.from({ length: 50 }, (_, index) => 5_001 + index),
    );
    expect(counter.counts()['tables.query']).toBe(2);
    expect(counter.rows()).toBeLessThanOrEqual(50 + stateRows);
  });
});
