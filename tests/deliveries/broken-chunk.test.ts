import { describe, expect, test } from '@jest/globals';
import { CHUNK_SIZE } from '../../shared/deliveries/outbox/chunk.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables, type Write } from '../../shared/storage/tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { drain } from '../helpers/rows.ts';
import { MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const CLAIM_MS = 120_000;

/**
 * Tables in memory; `onWrite` sees each write of an activity table first and may throw instead of
 * it.
 */
function watchedTables(onWrite: (writes: readonly Write[], tables: Tables) => Promise<void>): Tables {
  const tables = createMemoryTables();
  return {
    ...tables,
    async write(table, writes) {
      if (table.startsWith('activity')) await onWrite(writes, tables);
      return tables.write(table, writes);
    },
  };
}

const isDeliveryRecord = ({ row }: Write): boolean => (row as Record<string, unknown>)['kind'] === 'trouble';

async function statuses(fixture: SegmentFixture): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of await drain(fixture.tables, 'activity202611', { partition: { from: '', to: '~' } })) {
    if (row.values['kind'] !== 'trouble') continue;
    const status = String(row.values['status']);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

test('more failures than go into one transaction: those that are written stay as they are when the others have to be written again', async () => {
  let parts = 0;
  const tables = watchedTables(async (writes, stored) => {
    if (!writes.some(isDeliveryRecord) || ++parts !== 2) return;
    // Meanwhile one of the first part is delivered, by an operator say.
    const [row] = (await drain(stored, 'activity202611', { partition: { from: '', to: '~' } })).filter(
      ({ values }) => values['kind'] === 'trouble',
    );
    if (row === undefined) throw new Error('the first part is not in');
    const { partitionKey, rowKey, etag, values } = row;
    const delivered = { partitionKey, rowKey, ...values, status: 'delivered' };
    await stored.write('activity202611', [{ kind: 'replace', row: delivered, etag }]);
    throw new StorageError('write', 'unreached');
  });
  const fixture = segmentFixture({ tables });
  for (let index = 0; index < 120; index++) {
    await fixture.flow(`flow-${index}`);
    fixture.answers.set(callbackUrl(`flow-${index}`), () => answered(503));
  }
  await fixture.rise();
  expect(parts).toBe(5);
  expect(await statuses(fixture)).toEqual({ delivered: 1, retrying: 119 });
});

describe('a worker whose messages for what waits are lost', () => {
  test('leaves it to the reconciler, and calls nobody again', async () => {
    const fixture = segmentFixture();
    await fixture.flow('one');
    await fixture.flow('two');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    const send = fixture.queues.send.bind(fixture.queues);
    fixture.queues.send = (queue, ...message) =>
      queue === 'retries' ? Promise.reject(new StorageError('send', 'unreached')) : send(queue, ...message);
    await fixture.rise();
    expect(await statuses(fixture)).toEqual({ retrying: 1 });
    fixture.queues.send = send;
    fixture.answers.clear();
    await fixture.clock.advance(CLAIM_MS + MINUTE);
    expect(fixture.calls).toHaveLength(2);
    await fixture.poll();
    await fixture.pass(10 * MINUTE);
    const calledAgain = fixture.calls.slice(2).map(({ url }) => url);
    expect(calledAgain).toEqual([callbackUrl('one')]);
    expect(await statuses(fixture)).toEqual({ delivered: 1 });
  });
});

/**
 * The flow `gone` waits; the first worker that reads the recipients is frozen for that long then,
 * and meanwhile it unsubscribes.
 */
async function frozenAfterRead(
  ms: number,
  meanwhile?: (fixture: SegmentFixture) => Promise<void>,
): Promise<SegmentFixture> {
  const tables = createMemoryTables();
  const fixture = segmentFixture({ tables });
  const gone = await fixture.flow('gone');
  const query = tables.query.bind(tables);
  tables.query = async (table, ...where) => {
    const found = await query(table, ...where);
    if (table !== 'subscriptions') return found;
    tables.query = query;
    await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', gone.id);
    await fixture.clock.advance(ms);
    await meanwhile?.(fixture);
    return found;
  };
  return fixture;
}

describe('a worker that is frozen between its read of the recipients and its claim', () => {
  test('does not call a flow that has unsubscribed since', async () => {
    const fixture = await frozenAfterRead(CLAIM_MS);
    await fixture.flow('stays');
    await fixture.rise();
    expect(fixture.calls).toEqual([]);
    await fixture.pass(CLAIM_MS + MINUTE);
    await fixture.poll();
    expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('stays')]);
  });

  test('leaves nothing behind when another found nobody any more, and closed the event', async () => {
    const fixture = await frozenAfterRead(CLAIM_MS + 1, (other) => other.poll());
    await fixture.rise();
    expect(fixture.calls).toEqual([]);
    expect(await drain(fixture.tables, 'activity202611', { partition: { from: '', to: '~' } })).toEqual([]);
  });
});

test('chunks are worked at once although the answer that they are cut was lost, and the client cut them again', async () => {
  const tables = createMemoryTables();
  const write = tables.write.bind(tables);
  let repeated = 0;
  tables.write = async (table, writes) => {
    const result = await write(table, writes);
    if (!writes.some(({ row }) => 'boundaries0' in row && row['cut'] === true) || repeated > 0) return result;
    repeated += 1;
    return write(table, writes);
  };
  const fixture = segmentFixture({ tables });
  for (let index = 0; index <= CHUNK_SIZE; index++) await fixture.flow(`flow-${index}`);
  await fixture.rise();
  expect(repeated).toBe(1);
  expect(new Set(fixture.calls.map(({ url }) => url)).size).toBe(CHUNK_SIZE + 1);
  expect(fixture.calls).toHaveLength(CHUNK_SIZE + 1);
});
