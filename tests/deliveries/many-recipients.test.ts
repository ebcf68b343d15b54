import { expect, test } from '@jest/globals';
import type { ChunkMessage } from '../../shared/deliveries/messages.ts';
import { outboxEntryOfRow } from '../../shared/events/outbox-row.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import { callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { insertSubscriptions } from '../helpers/many-subscriptions.ts';
import { drain } from '../helpers/rows.ts';
import { segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

/** A segment with so many flows that wait for it to exceed 100, and one that waits for less. */
async function manyFlows(count: number): Promise<{ fixture: SegmentFixture; tables: Tables }> {
  const tables = createMemoryTables();
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
  return { fixture, tables };
}

/**
 * What becomes of one event: the calls, the deliveries of each chunk, how often recipients were
 * read, what is left over.
 */
async function delivered(count: number): Promise<{ calls: number; chunks: number[]; reads: number; entries: number }> {
  const { fixture, tables } = await manyFlows(count);
  const query = tables.query.bind(tables);
  let reads = 0;
  tables.query = (table, options) => {
    if (table === 'subscriptions' && typeof options.partition === 'string') reads += 1;
    return query(table, options);
  };
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
  // A page has 1,000 rows: the keys of all are read for the boundaries, and the last two chunks,
  // which a page may end in.
  [1001, [250, 250, 250, 250, 1], 5],
])('%i recipients are called once each, in chunks of 250', async (count, chunks, reads) => {
  expect(await delivered(count)).toEqual({ calls: count, chunks, reads, entries: 0 });
});

test('who comes after the worker that found the event delivers one chunk and leaves the others to messages', async () => {
  const { fixture, tables } = await manyFlows(501);
  const query = tables.query.bind(tables);
  tables.query = (table, options) =>
    table === 'subscriptions' ? Promise.reject(new StorageError('query', 'unreached')) : query(table, options);
  await expect(fixture.rise()).rejects.toThrow(StorageError);
  tables.query = query;
  const [entry] = await drain(tables, 'state', { partition: INSTANCE, from: 'o:', to: 'o;' });
  if (entry === undefined) throw new Error('the event is not in the outbox');
  await fixture.backend.deliverChunk({ v: 1, eventId: outboxEntryOfRow(entry).event.eventId, chunk: 0 });
  expect(fixture.calls).toHaveLength(250);
  const messages = fixture.queues.waiting('deliveries').map(({ message }) => (message as ChunkMessage).chunk);
  expect(messages).toEqual([1, 2]);
  await fixture.drain();
  expect(new Set(fixture.calls.map(({ url }) => url)).size).toBe(501);
  expect(fixture.calls).toHaveLength(501);
});
