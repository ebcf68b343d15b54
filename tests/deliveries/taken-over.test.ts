import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError } from '../../shared/storage/tables.ts';
import { accepted, answered, callbackUrl } from '../helpers/memory-backend.ts';
import { settle } from '../helpers/manual-clock.ts';
import { MINUTE, vipWorld } from '../operations/vip-world.ts';

test('who takes a chunk over calls nobody whose failure or success is written down', async () => {
  const tables = createMemoryTables();
  const world = vipWorld({ tables });
  for (const name of ['dead', 'told', 'slow']) await world.flow(name);
  world.answers.set(callbackUrl('dead'), () => answered(422));
  let thaw: () => void = () => undefined;
  world.answers.set(callbackUrl('slow'), () => new Promise((resolve) => (thaw = () => resolve(accepted))));
  const frozen = world.rise();
  await settle();
  expect(world.calls).toHaveLength(3);
  // What has come so far is written before the worker is frozen, which renews no claim then.
  await world.clock.advance(30_000);
  const write = tables.write.bind(tables);
  tables.write = () => Promise.reject(new StorageError('write', 'unreached'));
  await world.clock.advance(3 * MINUTE);
  tables.write = write;
  world.answers.set(callbackUrl('slow'), () => accepted);
  await world.poll();
  expect(world.calls.slice(3).map(({ url }) => url)).toEqual([callbackUrl('slow')]);
  thaw();
  await frozen;
  await world.pass(10 * MINUTE);
  expect(world.calls).toHaveLength(4);
});

test('all that waits goes out when a flow is on again, however few rows storage answers at a time', async () => {
  const world = vipWorld({ tables: createMemoryTables({ rowsPerScan: 2 }) });
  await world.flow('one');
  world.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  for (let events = 0; events < 7; events++) await world.rise();
  world.answers.clear();
  await world.pass(45 * MINUTE);
  const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 100 });
  expect(deliveries.map(({ status }) => status)).toEqual(Array(7).fill('delivered'));
});
