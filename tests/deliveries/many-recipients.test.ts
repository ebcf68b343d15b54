import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { drain } from '../helpers/rows.ts';
import { segmentFixture } from '../operations/segment-fixture.ts';

/** What one event is for so many recipients: the calls, the deliveries of each chunk, and how often recipients were read. */
async function delivered(count: number): Promise<{ calls: number; chunks: number[]; reads: number; entries: number }> {
  const tables = createMemoryTables();
  const query = tables.query.bind(tables);
  let reads = 0;
  tables.query = (table, options) => {
    if (table === 'subscriptions' && typeof options.partition === 'string' && options.limit !== 1) reads += 1;
    return query(table, options);
  };
  const fixture = segmentFixture({ tables });
  await fixture.flow('below', { threshold: 10 });
  await insertSubscriptions(tables, {
    instanceId: INSTANCE,
    trigger: 'segment-threshold-crossed',
    name: 'vip',
    thresholds: Array<number>(count).fill(100),
    callbackUrl: (index) => callbackUrl(`flow-${index}`),
    encryptionKey: Buffer.alloc(32, 7),
  });
  reads = 0;
  await fixture.rise();
  const rows = await drain(tables, 'activity202611', { partition: INSTANCE, where: { kind: 'chunk' } });
  const entries = await drain(tables, 'state', { partition: INSTANCE, from: 'o:', to: 'o;' });
  expect(new Set(fixture.calls.map(({ url }) => url)).size).toBe(count);
  return {
    calls: fixture.calls.length,
    chunks: rows.map(({ values }) => Number(values['deliveredCount'])),
    reads,
    entries: entries.length,
  };
}

test.each([
  [250, [250], 1],
  [251, [250, 1], 1],
  [1000, [250, 250, 250, 250], 1],
  // A page has 1,000 rows: the keys of all are read for the boundaries, and the last two chunks, which a page may end in.
  [1001, [250, 250, 250, 250, 1], 5],
])('%i recipients are called once each, in chunks of 250', async (count, chunks, reads) => {
  expect(await delivered(count)).toEqual({ calls: count, chunks, reads, entries: 0 });
});
