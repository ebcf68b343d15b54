import { beforeEach, describe, expect, test } from '@jest/globals';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, vipWorld, type VipWorld } from '../operations/vip-world.ts';

const URL = callbackUrl('one');
let world: VipWorld;
let id: string;
beforeEach(async () => {
  world = vipWorld();
  id = (await world.flow('one')).id;
});

/** All messages that wait for later are gone. */
function loseMessages(): void {
  for (const { visibleAt } of world.queues.waiting('retries')) {
    const received = world.queues.receive('retries', visibleAt);
    if (received) world.queues.delete('retries', received);
  }
  expect(world.queues.waiting('retries')).toEqual([]);
}

describe('a delivery whose message was lost', () => {
  beforeEach(async () => {
    world.answers.set(URL, () => answered(503));
    await world.rise();
    loseMessages();
    world.answers.delete(URL);
  });

  test('goes on after a sweep, once it is long overdue', async () => {
    await world.pass(15 * MINUTE);
    await world.backend.sweep();
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(1);
    await world.pass(HOUR);
    await world.backend.sweep();
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(2);
    await world.backend.sweep();
    await world.pass(DAY);
    expect(world.calls).toHaveLength(2);
  });

  test('ends, when its subscription was the last of its instance', async () => {
    await world.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
    await world.pass(HOUR);
    await world.backend.sweep();
    await world.pass(MINUTE);
    const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    expect(deliveries.map(({ status }) => status)).toEqual(['ended']);
  });

  test('goes on although months have changed', async () => {
    await world.pass(8 * DAY);
    await world.backend.sweep();
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(2);
  });
});

test('a parked delivery is overdue when its own time has passed', async () => {
  world.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await world.rise();
  loseMessages();
  await world.pass(40 * MINUTE);
  await world.backend.sweep();
  await world.pass(MINUTE);
  expect(world.calls).toHaveLength(1);
  await world.pass(HOUR);
  await world.backend.sweep();
  await world.pass(MINUTE);
  expect(world.calls).toHaveLength(2);
});

test('a redelivery whose message was lost is made after all', async () => {
  await world.rise();
  const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 1 });
  await world.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
  loseMessages();
  await world.pass(HOUR);
  await world.backend.sweep();
  await world.pass(MINUTE);
  expect(world.calls).toHaveLength(2);
});

test('what is merely waiting keeps its message', async () => {
  world.answers.set(URL, () => answered(503));
  await world.rise();
  await world.pass(MINUTE);
  const before = world.queues.waiting('retries');
  expect(before).toHaveLength(1);
  await world.backend.sweep();
  expect(world.queues.waiting('retries')).toEqual(before);
});
