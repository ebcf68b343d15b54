import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { HOUR, MINUTE, vipWorld } from '../operations/vip-world.ts';

const URL = callbackUrl('one');

test('a probe whose success its subscription was never told of: the next delivery that looks is the probe', async () => {
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
    table === 'subscriptions' ? Promise.reject(new StorageError('write', 'unreached')) : write(table, writes);
  await world.pass(31 * MINUTE);
  tables.write = write;
  expect(world.calls).toHaveLength(2);
  await world.pass(13 * HOUR);
  expect(world.calls).toHaveLength(3);
});
