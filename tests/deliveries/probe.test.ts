import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { settle } from '../helpers/manual-clock.ts';
import { HOUR, MINUTE, vipWorld } from '../operations/vip-world.ts';

const URL = callbackUrl('one');

test('a probe whose success its subscription was never told of: the next parked delivery is the probe', async () => {
  const tables = createMemoryTables();
  const world = vipWorld({ tables });
  await world.flow('one');
  world.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await world.rise();
  await world.rise();
  expect(world.calls).toHaveLength(1);
  world.answers.clear();
  const write = tables.write.bind(tables);
  tables.write = (table, writes) =>
    writes.some(({ row }) => table === 'subscriptions' && (row as Record<string, unknown>)['status'] === 'active')
      ? Promise.reject(new StorageError('write', 'unreached'))
      : write(table, writes);
  await world.pass(35 * MINUTE);
  tables.write = write;
  expect(world.calls).toHaveLength(2);
  await world.pass(13 * HOUR);
  expect(world.calls).toHaveLength(3);
});

test('a flow that a frozen worker finds turned off after another one delivered: the next event is parked, and is the probe', async () => {
  const tables = createMemoryTables();
  const world = vipWorld({ tables });
  const { id } = await world.flow('one');
  let thaw: () => void = () => undefined;
  world.answers.set(URL, () => {
    return new Promise((resolve) => (thaw = () => resolve(answered(400, 'WorkflowTriggerIsNotEnabled'))));
  });
  const frozen = world.rise();
  await settle();
  // A worker that is frozen renews no claim.
  const write = tables.write.bind(tables);
  tables.write = () => Promise.reject(new StorageError('write', 'unreached'));
  await world.clock.advance(3 * MINUTE);
  tables.write = write;
  world.answers.clear();
  await world.poll();
  expect(world.calls).toHaveLength(2);
  thaw();
  await frozen;
  expect(await world.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'paused' } });
  await world.rise();
  expect(world.calls).toHaveLength(2);
  await world.pass(13 * HOUR);
  expect(world.calls).toHaveLength(3);
  expect(await world.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'active' } });
});
