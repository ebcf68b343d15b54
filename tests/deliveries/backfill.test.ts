import { beforeEach, describe, expect, test } from '@jest/globals';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import type { StoredRow } from '../../shared/storage/tables.ts';
import { WORK_SHARDS, WORK_TABLE } from '../../shared/work/work-list.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { drain } from '../helpers/rows.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const ACTIVITY = 'activity202611';
const everything = { partition: { from: ' ', to: '~' } } as const;
const saver = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses' };
let fixture: SegmentFixture;

beforeEach(() => {
  fixture = segmentFixture();
});

/**
 * Storage as the version before would have left it: no work list, no index rows, records without a
 * word of them, and no messages any more.
 */
async function asTheVersionBefore(): Promise<void> {
  await fixture.tables.dropTable(WORK_TABLE);
  await withoutIndex();
}

/** The records as the version before would have written them, without index rows and messages. */
async function withoutIndex(): Promise<void> {
  for (const row of await drain(fixture.tables, ACTIVITY, everything)) {
    const { partitionKey, rowKey, values, etag } = row;
    if (rowKey.startsWith('~')) {
      await fixture.tables.write(ACTIVITY, [{ kind: 'delete', row, etag }]);
    } else if (values['kind'] === 'trouble') {
      const { indexed, ...known } = values;
      expect(indexed).toBe(true);
      const dueAtMs = known['status'] === 'parked' ? fixture.clock.now() + 12 * HOUR : (known['dueAtMs'] ?? 0);
      const old = { ...known, dueAtMs, nonce: 'of-its-own', partitionKey, rowKey };
      await fixture.tables.write(ACTIVITY, [{ kind: 'replace', row: old, etag }]);
    }
  }
  for (const { visibleAt } of fixture.queues.waiting('retries')) {
    const received = fixture.queues.receive('retries', visibleAt);
    if (received) fixture.queues.delete('retries', received);
  }
}

/** The row of the last poll as the version before would have written it. */
async function polledByTheVersionBefore(): Promise<void> {
  const rows = await drain(fixture.tables, STATE_TABLE, everything);
  const { partitionKey, rowKey, values, etag } = rows.find((row) => row.rowKey === 'poll') as StoredRow;
  const { indexed, ...known } = values;
  expect(indexed).toBe(true);
  await fixture.tables.write(STATE_TABLE, [{ kind: 'replace', row: { ...known, partitionKey, rowKey }, etag }]);
}

async function statuses(): Promise<string[]> {
  const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 100 });
  return deliveries.map(({ status }) => status);
}

describe('what the version before left waiting', () => {
  test('is tried again when it was retrying', async () => {
    await fixture.flow('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await fixture.rise();
    fixture.answers.clear();
    await asTheVersionBefore();
    await fixture.backend.reconcile();
    await fixture.pass(2 * HOUR);
    expect(await statuses()).toEqual(['delivered']);
  });

  test('is asked again when it was parked, and all of it goes out when the flow is on', async () => {
    await fixture.flow('one');
    fixture.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await fixture.rise();
    await fixture.rise();
    await asTheVersionBefore();
    fixture.answers.clear();
    await fixture.backend.reconcile();
    await fixture.pass(DAY);
    expect(await statuses()).toEqual(['delivered', 'delivered']);
  });

  test('is made when an operator asked for it', async () => {
    await fixture.flow('one');
    await fixture.rise();
    const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 1 });
    await fixture.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await asTheVersionBefore();
    await fixture.backend.reconcile();
    await fixture.pass(2 * HOUR);
    expect(fixture.calls).toHaveLength(2);
  });

  test('is cleared away: subscriptions that were superseded or deleted', async () => {
    await fixture.flow('one', {}, saver);
    await fixture.flow('two', {}, saver);
    const { id } = await fixture.flow('three');
    await fixture.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
    await asTheVersionBefore();
    await fixture.backend.reconcile();
    await fixture.pass(2 * HOUR);
    const rows = await drain(fixture.tables, 'subscriptions', everything);
    expect(rows.map(({ rowKey, values }) => `${rowKey[0]} ${String(values['status'])}`).sort()).toEqual([
      'c active',
      'z superseded',
    ]);
  });
});

describe('a deployment that went back and returned', () => {
  beforeEach(async () => {
    await fixture.flow('one');
    await fixture.poll();
    await fixture.backend.reconcile();
    await fixture.pass(2 * HOUR);
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await fixture.rise();
    fixture.answers.clear();
  });

  test('tries again what the version before left waiting', async () => {
    await withoutIndex();
    for (const partition of WORK_SHARDS)
      for (const row of await drain(fixture.tables, WORK_TABLE, { partition }))
        await fixture.tables.write(WORK_TABLE, [{ kind: 'delete', row, etag: row.etag }]);
    await polledByTheVersionBefore();
    await fixture.poll();
    await fixture.pass(2 * HOUR);
    expect(await statuses()).toEqual(['delivered']);
  });

  test('removes the index rows of deliveries that the version before completed', async () => {
    const rows = await drain(fixture.tables, ACTIVITY, everything);
    const { partitionKey, rowKey, values, etag } = rows.find((row) => row.values['kind'] === 'trouble') as StoredRow;
    const { indexed, ...known } = values;
    expect(indexed).toBe(true);
    const completed = { ...known, status: 'delivered', dueAtMs: 0, partitionKey, rowKey };
    await fixture.tables.write(ACTIVITY, [{ kind: 'replace', row: completed, etag }]);
    const indexRows = async (): Promise<StoredRow[]> =>
      (await drain(fixture.tables, ACTIVITY, everything)).filter((row) => row.rowKey.startsWith('~'));
    expect(await indexRows()).not.toEqual([]);
    await polledByTheVersionBefore();
    await fixture.poll();
    await fixture.pass(2 * HOUR);
    expect(await indexRows()).toEqual([]);
  });
});

test('it begins when the version before can no longer be at work, and is done once for all processes', async () => {
  await fixture.flow('one');
  fixture.answers.set(callbackUrl('one'), () => answered(503));
  await fixture.rise();
  await asTheVersionBefore();
  await fixture.backend.reconcile();
  await fixture.clock.advance(59 * MINUTE);
  await fixture.backend.reconcile();
  expect((await drain(fixture.tables, ACTIVITY, everything)).some(({ rowKey }) => rowKey.startsWith('~'))).toBe(false);
  await fixture.clock.advance(2 * MINUTE);
  await fixture.backend.reconcile();
  expect((await drain(fixture.tables, ACTIVITY, everything)).some(({ rowKey }) => rowKey.startsWith('~d'))).toBe(true);
  const [row] = await drain(fixture.tables, WORK_TABLE, { partition: 'backfill' });
  expect(row?.values).toMatchObject({ done: true });
});
