import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { HOUR, vipWorld, type VipWorld } from './vip-world.ts';

let world: VipWorld;
beforeEach(() => {
  world = vipWorld({ tables: createMemoryTables() });
});

const failing = async (): Promise<(string | undefined)[]> => {
  const { subscriptions } = await world.backend.operator.listSubscriptions({ failing: true }, { limit: 100 });
  return subscriptions.map(({ label }) => label);
};

test('those that fail now are listed, from their first failure to their next success', async () => {
  for (const name of ['fine', 'broken', 'off']) await world.flow(name, { label: name });
  world.answers.set(callbackUrl('broken'), () => answered(503));
  world.answers.set(callbackUrl('off'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  expect(await failing()).toEqual([]);
  await world.rise();
  expect(await failing()).toEqual(['broken']);
  world.answers.clear();
  await world.pass(HOUR);
  expect(await failing()).toEqual([]);
});

test('with a status that is not called they are none', async () => {
  await world.flow('broken', { label: 'broken' });
  world.answers.set(callbackUrl('broken'), () => answered(503));
  await world.failForDays();
  const { subscriptions } = await world.backend.operator.listSubscriptions({ status: 'disabled' }, { limit: 100 });
  expect(subscriptions).toHaveLength(1);
  expect(await failing()).toEqual([]);
});
