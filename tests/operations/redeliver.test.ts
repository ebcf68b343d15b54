import { beforeEach, describe, expect, test } from '@jest/globals';
import { validateRetriesMessage } from '../../shared/deliveries/messages.ts';
import type { Delivery } from '../../shared/operations/delivery.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { accepted, answered, callbackUrl } from '../helpers/memory-backend.ts';
import { manualClock, settle } from '../helpers/manual-clock.ts';
import { failingTables } from './failing-tables.ts';
import { DAY, HOUR, MINUTE, vipWorld, type VipWorld } from './vip-world.ts';

const URL = callbackUrl('one');
const trigger = 'segment-threshold-crossed';
let world: VipWorld;
let subscriptionId: string;
beforeEach(async () => {
  world = vipWorld();
  subscriptionId = (await world.flow('one')).id;
});

/** The subscription's delivery of the newest event. */
const delivery = async (of = subscriptionId): Promise<Delivery> => {
  const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: of }, { limit: 1 });
  const found = await world.backend.operator.getDelivery(deliveries[0]?.deliveryId ?? '');
  if (found.kind === 'refused') throw new Error(found.code);
  return found.delivery;
};
const redeliver = async (): Promise<unknown> => world.backend.operator.redeliver((await delivery()).deliveryId);
const statusOf = async (id: string): Promise<unknown> => {
  const found = await world.backend.getOwn('connection-a', trigger, id);
  return found.kind === 'found' ? found.view.status : found.code;
};
/** Numbers and codes of the attempts. */
const attempts = async (): Promise<string[]> =>
  (await delivery()).attempts.map(({ number, code }) => `${number} ${code}`);

describe('a delivery that was delivered at once', () => {
  test('is POSTed once more with the same id and bytes', async () => {
    await world.rise();
    const { deliveryId } = await delivery();
    expect(await redeliver()).toEqual({ kind: 'redelivering', deliveryId });
    expect((await delivery()).nextAttemptAt).toBeDefined();
    const [waiting] = world.queues.waiting('retries');
    expect(validateRetriesMessage(waiting?.message)).toMatchObject({ kind: 'valid' });
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(2);
    expect(world.calls[1]?.body).toEqual(world.calls[0]?.body);
    expect(world.calls[1]?.headers['webhook-id']).toBe(deliveryId);
    expect(await attempts()).toEqual(['1 delivered', '2 delivered']);
    expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  });

  test('stays delivered when the further attempt fails, and is not tried again', async () => {
    await world.rise();
    world.answers.set(URL, () => answered(404, 'WorkflowNotFound'));
    await redeliver();
    await world.pass(DAY);
    expect(await delivery()).toMatchObject({ status: 'delivered', code: 'delivered' });
    expect(await attempts()).toEqual(['1 delivered', '2 workflow-not-found']);
    expect(world.calls).toHaveLength(2);
    expect(await statusOf(subscriptionId)).toBe('active');
    expect(world.queues.waiting('retries')).toEqual([]);
  });

  test('is sent once however often it was asked for before the attempt', async () => {
    await world.rise();
    await redeliver();
    await redeliver();
    await Promise.all([redeliver(), redeliver()]);
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(2);
    await redeliver();
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(3);
  });

  test('asked for twice at the same moment is sent once', async () => {
    await world.rise();
    await Promise.all([redeliver(), redeliver()]);
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(2);
  });
});

describe('a retrying delivery', () => {
  beforeEach(async () => {
    world.answers.set(URL, () => answered(503));
    await world.rise();
    await world.pass(5_000);
  });

  test('has its next attempt brought forward, which takes its place in the schedule', async () => {
    await redeliver();
    await world.pass(2_000);
    expect(await attempts()).toEqual(['1 http-503', '2 http-503', '3 http-503']);
    await world.pass(300_000 - 2_001);
    expect(world.calls).toHaveLength(3);
    await world.pass(1);
    expect(world.calls).toHaveLength(4);
    await world.pass(10 * DAY);
    expect(world.calls).toHaveLength(4);
  });

  test('that succeeds is delivered', async () => {
    world.answers.delete(URL);
    await redeliver();
    await world.pass(10 * DAY);
    expect(world.calls).toHaveLength(3);
    expect(await delivery()).toMatchObject({ status: 'delivered' });
  });

  test('asked for in the middle of an attempt that fails has another one right after it', async () => {
    let fail: () => void = () => undefined;
    world.answers.set(URL, () => new Promise((resolve) => (fail = () => resolve(answered(500)))));
    await world.clock.advance(30_000);
    const retrying = world.drain();
    await settle();
    await redeliver();
    world.answers.delete(URL);
    fail();
    await retrying;
    await world.pass(5_000);
    expect(await attempts()).toEqual(['1 http-503', '2 http-503', '3 http-500', '4 delivered']);
  });
});

describe('a dead delivery', () => {
  beforeEach(async () => {
    world.answers.set(URL, () => answered(400));
    await world.rise();
  });

  test('is delivered by a further attempt', async () => {
    world.answers.delete(URL);
    await redeliver();
    await world.pass(MINUTE);
    expect(await delivery()).toMatchObject({ status: 'delivered' });
  });

  test('stays dead when that fails: no schedule begins, and nothing is held against the subscription', async () => {
    const before = await world.backend.getOwn('connection-a', trigger, subscriptionId);
    world.answers.set(URL, () => answered(503));
    await redeliver();
    await world.pass(10 * DAY);
    expect(await delivery()).toMatchObject({ status: 'dead', code: 'http-400' });
    expect(await attempts()).toEqual(['1 http-400', '2 http-503']);
    expect(await world.backend.getOwn('connection-a', trigger, subscriptionId)).toEqual(before);
  });
});

describe('a delivery of a subscription that is', () => {
  test('paused is attempted all the same, and a success resumes the subscription', async () => {
    world.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await world.rise();
    await world.rise();
    expect(await delivery()).toMatchObject({ status: 'parked' });
    expect(await attempts()).toEqual([]);
    await redeliver();
    await world.pass(MINUTE);
    expect(await attempts()).toEqual(['1 turned-off']);
    expect(await delivery()).toMatchObject({ status: 'parked' });
    world.answers.delete(URL);
    await redeliver();
    await world.pass(MINUTE);
    expect(await statusOf(subscriptionId)).toBe('active');
    const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId }, { limit: 9 });
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test('superseded goes to the successor', async () => {
    world.answers.set(callbackUrl('old'), () => answered(400));
    const flow = { workflowId: 'flow', operationName: 'When' };
    const old = await world.flow('old', {}, flow);
    await world.rise();
    await world.flow('new', {}, flow);
    const { deliveryId } = await delivery(old.id);
    expect(await world.backend.operator.redeliver(deliveryId)).toMatchObject({ kind: 'redelivering' });
    await world.pass(MINUTE);
    const last = world.calls.at(-1);
    expect(last).toMatchObject({ url: callbackUrl('new'), body: { deliveryId, subscriptionId: old.id } });
    expect(await delivery(old.id)).toMatchObject({ status: 'delivered' });
  });

  test('superseded by one of another input is refused', async () => {
    world.answers.set(callbackUrl('old'), () => answered(400));
    const flow = { workflowId: 'flow', operationName: 'When' };
    const old = await world.flow('old', {}, flow);
    await world.rise();
    await world.flow('new', { threshold: 110 }, flow);
    const result = await world.backend.operator.redeliver((await delivery(old.id)).deliveryId);
    expect(result).toMatchObject({ code: 'subscription-ended' });
  });

  test.each([undefined, 'flow'])('deleted is refused (workflow %s)', async (workflowId) => {
    const { id } = await world.flow('two', {}, { workflowId });
    await world.rise();
    const { deliveryId } = await delivery(id);
    await world.backend.unsubscribe('connection-a', trigger, id);
    expect(await world.backend.operator.redeliver(deliveryId)).toMatchObject({ code: 'subscription-ended' });
  });

  test('gone is refused', async () => {
    world.answers.set(URL, () => answered(410));
    await world.rise();
    expect(await redeliver()).toMatchObject({ code: 'subscription-ended' });
    await world.pass(HOUR);
    expect(world.calls).toHaveLength(1);
  });
});

test('a delivery whose subscription ends between the call and the attempt keeps its status', async () => {
  await world.rise();
  await redeliver();
  await world.backend.unsubscribe('connection-a', trigger, subscriptionId);
  await world.pass(HOUR);
  expect(await delivery()).toMatchObject({ status: 'delivered' });
  expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  expect(world.calls).toHaveLength(1);
});

test('a delivery that is on its way already needs nothing', async () => {
  let answer: () => void = () => undefined;
  world.answers.set(URL, () => new Promise((resolve) => (answer = () => resolve(accepted))));
  const rising = world.rise();
  await world.clock.advance(3_000);
  const [pending] = (await world.backend.operator.listDeliveries({ status: 'pending' }, { limit: 1 })).deliveries;
  expect(await world.backend.operator.redeliver(pending?.deliveryId ?? '')).toMatchObject({ kind: 'redelivering' });
  answer();
  await rising;
  await world.pass(MINUTE);
  expect(world.calls).toHaveLength(1);
});

test('a redelivery whose worker freezes is made by another one, and what the first one brings late is noted', async () => {
  await world.rise();
  await redeliver();
  await world.clock.advance(2_000);
  let thaw: () => void = () => undefined;
  world.answers.set(URL, () => new Promise((resolve) => (thaw = () => resolve(answered(500)))));
  const received = world.queues.receive('retries', world.clock.now());
  const frozen = world.backend.handleRetriesMessage(received?.message as never);
  await settle();
  world.answers.delete(URL);
  // The functions host shows a message again after ten minutes.
  await world.pass(11 * MINUTE);
  expect(await attempts()).toEqual(['1 delivered', '2 delivered']);
  thaw();
  await frozen;
  await world.pass(DAY);
  expect(await attempts()).toEqual(['1 delivered', '2 delivered', '3 http-500']);
  expect(await delivery()).toMatchObject({ status: 'delivered', code: 'delivered' });
  expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  expect(world.calls).toHaveLength(3);
});

test.each([202, 503])('a call that breaks off anywhere and is repeated is one further attempt (%d)', async (status) => {
  const tables = failingTables();
  for (let broken = 0; ; broken++) {
    tables.reset();
    world = vipWorld({ tables });
    subscriptionId = (await world.flow('one')).id;
    world.answers.set(URL, () => answered(status));
    await world.rise();
    const { deliveryId } = await delivery();
    tables.failAfter(broken);
    const first = await world.backend.operator.redeliver(deliveryId).catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first === 'broken off') await world.backend.operator.redeliver(deliveryId);
    await world.pass(4_000);
    expect({ broken, calls: world.calls.length }).toEqual({ broken, calls: 2 });
    if (first === 'broken off') continue;
    expect(broken).toBeGreaterThan(3);
    return;
  }
});

test('what is no delivery is unknown', async () => {
  expect(await world.backend.operator.redeliver('dlv_1')).toMatchObject({ code: 'delivery-unknown' });
});

test('a redelivery whose row comes after its message, by a clock that is set back meanwhile, is made all the same', async () => {
  const clock = manualClock();
  let aheadMs = MINUTE;
  const tables = createMemoryTables();
  world = vipWorld({ tables, clock: { ...clock, now: () => clock.now() + aheadMs } });
  subscriptionId = (await world.flow('one')).id;
  world.answers.set(URL, () => answered(400));
  await world.rise();
  expect(await delivery()).toMatchObject({ status: 'dead' });
  world.answers.delete(URL);
  const write = tables.write.bind(tables);
  tables.write = async (...written) => {
    tables.write = write;
    await world.pass(5_000);
    aheadMs = 0;
    return write(...written);
  };
  await redeliver();
  await world.pass(2 * MINUTE);
  expect(await delivery()).toMatchObject({ status: 'delivered' });
});
