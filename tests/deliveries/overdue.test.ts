import { beforeEach, describe, expect, test } from '@jest/globals';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, MINUTE, vipWorld, type VipWorld } from '../operations/vip-world.ts';

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

  test('goes on within minutes, and once', async () => {
    await world.clock.advance(5_000);
    expect(world.calls).toHaveLength(1);
    await world.pass(10 * MINUTE);
    expect(world.calls).toHaveLength(2);
    await world.pass(DAY);
    expect(world.calls).toHaveLength(2);
  });

  test('whose hints are lost again and again, goes on when one arrives', async () => {
    for (let minute = 0; minute < 60; minute++) {
      await world.clock.advance(MINUTE);
      await world.backend.reconcile();
      loseMessages();
    }
    expect(world.calls).toHaveLength(1);
    await world.pass(10 * MINUTE);
    expect(world.calls).toHaveLength(2);
  });

  test('and whose hint is lost too, goes on although the next delivery is due much later', async () => {
    await world.flow('later');
    const later = { kind: 'answered', status: 429, durationMs: 5, retryAfterMs: 12 * 3_600_000 } as const;
    world.answers.set(callbackUrl('later'), () => later);
    world.answers.set(URL, () => answered(503));
    await world.rise();
    loseMessages();
    world.answers.clear();
    await world.clock.advance(9 * MINUTE);
    await world.backend.reconcile();
    loseMessages();
    await world.pass(10 * MINUTE);
    expect(world.calls.filter(({ url }) => url === URL)).toHaveLength(4);
  });

  test('ends, when its subscription was the last of its instance', async () => {
    await world.backend.unsubscribe('connection-a', 'segment-threshold-crossed', id);
    await world.pass(10 * MINUTE);
    const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    expect(deliveries.map(({ status }) => status)).toEqual(['ended']);
    expect(world.calls).toHaveLength(1);
  });

  test('goes on although months have changed', async () => {
    await world.clock.advance(8 * DAY);
    await world.pass(10 * MINUTE);
    expect(world.calls).toHaveLength(2);
  });

  test('is not sent a second message while the queue is behind', async () => {
    await world.queues.send('retries', { v: 1, kind: 'release', subscriptionId: id });
    await world.clock.advance(15 * MINUTE);
    await world.backend.reconcile();
    expect(world.queues.waiting('retries')).toHaveLength(1);
    await world.drain();
    await world.pass(10 * MINUTE);
    expect(world.calls).toHaveLength(2);
  });
});

test('a parked delivery owns no message, and its flow is asked all the same', async () => {
  world.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await world.rise();
  loseMessages();
  await world.pass(29 * MINUTE);
  expect(world.calls).toHaveLength(1);
  await world.pass(6 * MINUTE);
  expect(world.calls).toHaveLength(2);
});

test('a redelivery whose message was lost is made after all', async () => {
  await world.rise();
  const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 1 });
  await world.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
  loseMessages();
  await world.pass(10 * MINUTE);
  expect(world.calls).toHaveLength(2);
});

test('what is merely waiting keeps its message, and gets no second one', async () => {
  world.answers.set(URL, () => answered(503));
  await world.rise();
  await world.pass(MINUTE);
  const before = world.queues.waiting('retries');
  expect(before).toHaveLength(1);
  await world.backend.reconcile();
  expect(world.queues.waiting('retries')).toEqual(before);
});

test('one entry of the work list that cannot be looked at does not stop the others', async () => {
  world.answers.set(URL, () => answered(503));
  await world.rise();
  loseMessages();
  world.answers.delete(URL);
  await world.tables.write('work', [
    { kind: 'insert', row: { partitionKey: '0', rowKey: '000000001!a??? of no instance'.replaceAll('?', '~'), v: 1 } },
    { kind: 'insert', row: { partitionKey: '0', rowKey: '000000002!~a kind of a later version', v: 1 } },
  ]);
  await world.pass(10 * MINUTE);
  expect(world.calls).toHaveLength(2);
});
