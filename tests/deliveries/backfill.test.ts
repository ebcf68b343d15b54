import { beforeEach, describe, expect, test } from '@jest/globals';
import { WORK_TABLE } from '../../shared/work/work-list.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { drain } from '../helpers/rows.ts';
import { DAY, HOUR, MINUTE, vipWorld, type VipWorld } from '../operations/vip-world.ts';

const ACTIVITY = 'activity202611';
const everything = { partition: { from: ' ', to: '~' } } as const;
const saver = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses' };
let world: VipWorld;

beforeEach(() => {
  world = vipWorld();
});

/** Storage as the version before would have left it: no work list, no index rows, records without a word of them, and no messages any more. */
async function asTheVersionBefore(): Promise<void> {
  await world.tables.dropTable(WORK_TABLE);
  for (const row of await drain(world.tables, ACTIVITY, everything)) {
    const { partitionKey, rowKey, values, etag } = row;
    if (rowKey.startsWith('~')) {
      await world.tables.write(ACTIVITY, [{ kind: 'delete', row, etag }]);
    } else if (values['kind'] === 'trouble') {
      const { indexed, ...known } = values;
      expect(indexed).toBe(true);
      const dueAtMs = known['status'] === 'parked' ? world.clock.now() + 12 * HOUR : (known['dueAtMs'] ?? 0);
      const old = { ...known, dueAtMs, nonce: 'of-its-own', partitionKey, rowKey };
      await world.tables.write(ACTIVITY, [{ kind: 'replace', row: old, etag }]);
    }
  }
  for (const { visibleAt } of world.queues.waiting('retries')) {
    const received = world.queues.receive('retries', visibleAt);
    if (received) world.queues.delete('retries', received);
  }
}

async function statuses(): Promise<string[]> {
  const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 100 });
  return deliveries.map(({ status }) => status);
}

describe('what the version before left waiting', () => {
  test('is tried again when it was retrying', async () => {
    await world.flow('one');
    world.answers.set(callbackUrl('one'), () => answered(503));
    await world.rise();
    world.answers.clear();
    await asTheVersionBefore();
    await world.backend.reconcile();
    await world.pass(2 * HOUR);
    expect(await statuses()).toEqual(['delivered']);
  });

  test('is asked again when it was parked, and all of it goes out when the flow is on', async () => {
    await world.flow('one');
    world.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await world.rise();
    await world.rise();
    await asTheVersionBefore();
    world.answers.clear();
    await world.backend.reconcile();
    await world.pass(DAY);
    expect(await statuses()).toEqual(['delivered', 'delivered']);
  });

  test('is made when an operator asked for it', async () => {
    await world.flow('one');
    await world.rise();
    const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 1 });
    await world.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await asTheVersionBefore();
    await world.backend.reconcile();
    await world.pass(2 * HOUR);
    expect(world.calls).toHaveLength(2);
  });

  test('is cleared away: subscriptions that were superseded or deleted', async () => {
    await world.flow('one', {}, saver);
    await world.flow('two', {}, saver);
    const { id } = await world.flow('three');
    await world.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
    await asTheVersionBefore();
    await world.backend.reconcile();
    await world.pass(2 * HOUR);
    const rows = await drain(world.tables, 'subscriptions', everything);
    expect(rows.map(({ rowKey, values }) => `${rowKey[0]} ${String(values['status'])}`).sort()).toEqual([
      'c active',
      'z superseded',
    ]);
  });
});

test('it begins when the version before can no longer be at work, and is done once for all processes', async () => {
  await world.flow('one');
  world.answers.set(callbackUrl('one'), () => answered(503));
  await world.rise();
  await asTheVersionBefore();
  await world.backend.reconcile();
  await world.clock.advance(59 * MINUTE);
  await world.backend.reconcile();
  expect((await drain(world.tables, ACTIVITY, everything)).some(({ rowKey }) => rowKey.startsWith('~'))).toBe(false);
  await world.clock.advance(2 * MINUTE);
  await world.backend.reconcile();
  expect((await drain(world.tables, ACTIVITY, everything)).some(({ rowKey }) => rowKey.startsWith('~d'))).toBe(true);
  const [row] = await drain(world.tables, WORK_TABLE, { partition: 'backfill' });
  expect(row?.values).toMatchObject({ done: true });
});
