import { beforeEach, describe, expect, test } from '@jest/globals';
import { validateRetriesMessage } from '../../shared/deliveries/messages.ts';
import type { Delivery } from '../../shared/operations/delivery.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { accepted, answered, callbackUrl } from '../helpers/memory-backend.ts';
import { manualClock, flushPromises } from '../helpers/manual-clock.ts';
import { failingTables } from './failing-tables.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const URL = callbackUrl('one');
const trigger = 'segment-threshold-crossed';
let fixture: SegmentFixture;
let subscriptionId: string;
beforeEach(async () => {
  fixture = segmentFixture();
  subscriptionId = (await fixture.flow('one')).id;
});

/** The subscription's delivery of the newest event. */
const delivery = async (of = subscriptionId): Promise<Delivery> => {
  const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: of }, { limit: 1 });
  const found = await fixture.backend.operator.getDelivery(deliveries[0]?.deliveryId ?? '');
  if (found.kind === 'refused') throw new Error(found.code);
  return found.delivery;
};
const redeliver = async (): Promise<unknown> => fixture.backend.operator.redeliver((await delivery()).deliveryId);
const statusOf = async (id: string): Promise<unknown> => {
  const found = await fixture.backend.getOwn('connection-a', trigger, id);
  return found.kind === 'found' ? found.view.status : found.code;
};
/** Numbers and codes of the attempts. */
const attempts = async (): Promise<string[]> =>
  (await delivery()).attempts.map(({ number, code }) => `${number} ${code}`);

describe('a delivery that was delivered at once', () => {
  test('is POSTed once more with the same id and bytes', async () => {
    await fixture.rise();
    const { deliveryId } = await delivery();
    expect(await redeliver()).toEqual({ kind: 'redelivering', deliveryId });
    expect((await delivery()).nextAttemptAt).toBeDefined();
    const [waiting] = fixture.queues.waiting('retries');
    expect(validateRetriesMessage(waiting?.message)).toMatchObject({ kind: 'valid' });
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(2);
    expect(fixture.calls[1]?.body).toEqual(fixture.calls[0]?.body);
    expect(fixture.calls[1]?.headers['webhook-id']).toBe(deliveryId);
    expect(await attempts()).toEqual(['1 delivered', '2 delivered']);
    expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  });

  test('stays delivered when the further attempt fails, and is not tried again', async () => {
    await fixture.rise();
    fixture.answers.set(URL, () => answered(404, 'WorkflowNotFound'));
    await redeliver();
    await fixture.pass(DAY);
    expect(await delivery()).toMatchObject({ status: 'delivered', code: 'delivered' });
    expect(await attempts()).toEqual(['1 delivered', '2 workflow-not-found']);
    expect(fixture.calls).toHaveLength(2);
    expect(await statusOf(subscriptionId)).toBe('active');
    expect(fixture.queues.waiting('retries')).toEqual([]);
  });

  test('is sent once however often it was asked for before the attempt', async () => {
    await fixture.rise();
    await redeliver();
    await redeliver();
    await Promise.all([redeliver(), redeliver()]);
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(2);
    await redeliver();
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(3);
  });

  test('asked for twice at the same moment is sent once', async () => {
    await fixture.rise();
    await Promise.all([redeliver(), redeliver()]);
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(2);
  });
});

describe('a retrying delivery', () => {
  beforeEach(async () => {
    fixture.answers.set(URL, () => answered(503));
    await fixture.rise();
    await fixture.pass(5_000);
  });

  test('has its next attempt brought forward, which keeps its position in the schedule', async () => {
    await redeliver();
    await fixture.pass(2_000);
    expect(await attempts()).toEqual(['1 http-503', '2 http-503', '3 http-503']);
    await fixture.pass(300_000 - 2_001);
    expect(fixture.calls).toHaveLength(3);
    await fixture.pass(1);
    expect(fixture.calls).toHaveLength(4);
    await fixture.pass(10 * DAY);
    expect(fixture.calls).toHaveLength(4);
  });

  test('that succeeds is delivered', async () => {
    fixture.answers.delete(URL);
    await redeliver();
    await fixture.pass(10 * DAY);
    expect(fixture.calls).toHaveLength(3);
    expect(await delivery()).toMatchObject({ status: 'delivered' });
  });

  test('asked for in the middle of an attempt that fails has another one right after it', async () => {
    let fail: () => void = () => undefined;
    fixture.answers.set(URL, () => new Promise((resolve) => (fail = () => resolve(answered(500)))));
    await fixture.clock.advance(30_000);
    const retrying = fixture.drain();
    await flushPromises();
    await redeliver();
    fixture.answers.delete(URL);
    fail();
    await retrying;
    await fixture.pass(5_000);
    expect(await attempts()).toEqual(['1 http-503', '2 http-503', '3 http-500', '4 delivered']);
  });
});

describe('a dead delivery', () => {
  beforeEach(async () => {
    fixture.answers.set(URL, () => answered(400));
    await fixture.rise();
  });

  test('is delivered by a further attempt', async () => {
    fixture.answers.delete(URL);
    await redeliver();
    await fixture.pass(MINUTE);
    expect(await delivery()).toMatchObject({ status: 'delivered' });
  });

  test('stays dead when that fails: no schedule begins, and nothing is held against the subscription', async () => {
    const before = await fixture.backend.getOwn('connection-a', trigger, subscriptionId);
    fixture.answers.set(URL, () => answered(503));
    await redeliver();
    await fixture.pass(10 * DAY);
    expect(await delivery()).toMatchObject({ status: 'dead', code: 'http-400' });
    expect(await attempts()).toEqual(['1 http-400', '2 http-503']);
    expect(await fixture.backend.getOwn('connection-a', trigger, subscriptionId)).toEqual(before);
  });
});

describe('a delivery of a subscription that is', () => {
  test('paused is attempted all the same, and a success resumes the subscription', async () => {
    fixture.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await fixture.rise();
    await fixture.rise();
    expect(await delivery()).toMatchObject({ status: 'parked' });
    expect(await attempts()).toEqual([]);
    await redeliver();
    await fixture.pass(MINUTE);
    expect(await attempts()).toEqual(['1 turned-off']);
    expect(await delivery()).toMatchObject({ status: 'parked' });
    fixture.answers.delete(URL);
    await redeliver();
    await fixture.pass(MINUTE);
    expect(await statusOf(subscriptionId)).toBe('active');
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId }, { limit: 9 });
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test('superseded goes to the successor', async () => {
    fixture.answers.set(callbackUrl('old'), () => answered(400));
    const flow = { workflowId: 'flow', operationName: 'When' };
    const old = await fixture.flow('old', {}, flow);
    await fixture.rise();
    await fixture.flow('new', {}, flow);
    const { deliveryId } = await delivery(old.id);
    expect(await fixture.backend.operator.redeliver(deliveryId)).toMatchObject({ kind: 'redelivering' });
    await fixture.pass(MINUTE);
    const last = fixture.calls.at(-1);
    expect(last).toMatchObject({ url: callbackUrl('new'), body: { deliveryId, subscriptionId: old.id } });
    expect(await delivery(old.id)).toMatchObject({ status: 'delivered' });
  });

  test('superseded by one of another input is refused', async () => {
    fixture.answers.set(callbackUrl('old'), () => answered(400));
    const flow = { workflowId: 'flow', operationName: 'When' };
    const old = await fixture.flow('old', {}, flow);
    await fixture.rise();
    await fixture.flow('new', { threshold: 110 }, flow);
    const result = await fixture.backend.operator.redeliver((await delivery(old.id)).deliveryId);
    expect(result).toMatchObject({ code: 'subscription-ended' });
  });

  test.each([undefined, 'flow'])('deleted is refused (workflow %s)', async (workflowId) => {
    const { id } = await fixture.flow('two', {}, { workflowId });
    await fixture.rise();
    const { deliveryId } = await delivery(id);
    await fixture.backend.unsubscribe('connection-a', trigger, id);
    expect(await fixture.backend.operator.redeliver(deliveryId)).toMatchObject({ code: 'subscription-ended' });
  });

  test('gone is refused', async () => {
    fixture.answers.set(URL, () => answered(410));
    await fixture.rise();
    expect(await redeliver()).toMatchObject({ code: 'subscription-ended' });
    await fixture.pass(HOUR);
    expect(fixture.calls).toHaveLength(1);
  });
});

test('a delivery whose subscription ends between the call and the attempt keeps its status', async () => {
  await fixture.rise();
  await redeliver();
  await fixture.backend.unsubscribe('connection-a', trigger, subscriptionId);
  await fixture.pass(HOUR);
  expect(await delivery()).toMatchObject({ status: 'delivered' });
  expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  expect(fixture.calls).toHaveLength(1);
});

test('a delivery that is on its way already needs nothing', async () => {
  let answer: () => void = () => undefined;
  fixture.answers.set(URL, () => new Promise((resolve) => (answer = () => resolve(accepted))));
  const rising = fixture.rise();
  await fixture.clock.advance(3_000);
  const [pending] = (await fixture.backend.operator.listDeliveries({ status: 'pending' }, { limit: 1 })).deliveries;
  expect(await fixture.backend.operator.redeliver(pending?.deliveryId ?? '')).toMatchObject({ kind: 'redelivering' });
  answer();
  await rising;
  await fixture.pass(MINUTE);
  expect(fixture.calls).toHaveLength(1);
});

test('a redelivery whose worker freezes is made by another one, and what the first one brings late is noted', async () => {
  await fixture.rise();
  await redeliver();
  await fixture.clock.advance(2_000);
  let thaw: () => void = () => undefined;
  fixture.answers.set(URL, () => new Promise((resolve) => (thaw = () => resolve(answered(500)))));
  const received = fixture.queues.receive('retries', fixture.clock.now());
  const frozen = fixture.backend.handleRetriesMessage(received?.message as never);
  await flushPromises();
  fixture.answers.delete(URL);
  // The functions host shows a message again after ten minutes.
  await fixture.pass(11 * MINUTE);
  expect(await attempts()).toEqual(['1 delivered', '2 delivered']);
  thaw();
  await frozen;
  await fixture.pass(DAY);
  expect(await attempts()).toEqual(['1 delivered', '2 delivered', '3 http-500']);
  expect(await delivery()).toMatchObject({ status: 'delivered', code: 'delivered' });
  expect(await delivery()).not.toHaveProperty('nextAttemptAt');
  expect(fixture.calls).toHaveLength(3);
});

test.each([202, 503])('a call that breaks off anywhere and is repeated is one further attempt (%d)', async (status) => {
  const tables = failingTables();
  for (let broken = 0; ; broken++) {
    tables.reset();
    fixture = segmentFixture({ tables });
    subscriptionId = (await fixture.flow('one')).id;
    fixture.answers.set(URL, () => answered(status));
    await fixture.rise();
    const { deliveryId } = await delivery();
    tables.failAfter(broken);
    const first = await fixture.backend.operator.redeliver(deliveryId).catch(() => 'broken off');
    tables.failAfter(Infinity);
    if (first === 'broken off') await fixture.backend.operator.redeliver(deliveryId);
    await fixture.pass(4_000);
    expect({ broken, calls: fixture.calls.length }).toEqual({ broken, calls: 2 });
    if (first === 'broken off') continue;
    expect(broken).toBeGreaterThan(3);
    return;
  }
});

test('what is no delivery is unknown', async () => {
  expect(await fixture.backend.operator.redeliver('dlv_1')).toMatchObject({ code: 'delivery-unknown' });
});

test('a redelivery whose row comes after its message, by a clock that is set back meanwhile, is made all the same', async () => {
  const clock = manualClock();
  let aheadMs = MINUTE;
  const tables = createMemoryTables();
  fixture = segmentFixture({ tables, clock: { ...clock, now: () => clock.now() + aheadMs } });
  subscriptionId = (await fixture.flow('one')).id;
  fixture.answers.set(URL, () => answered(400));
  await fixture.rise();
  expect(await delivery()).toMatchObject({ status: 'dead' });
  fixture.answers.delete(URL);
  const write = tables.write.bind(tables);
  tables.write = async (...written) => {
    tables.write = write;
    await fixture.pass(5_000);
    aheadMs = 0;
    return write(...written);
  };
  await redeliver();
  await fixture.pass(2 * MINUTE);
  expect(await delivery()).toMatchObject({ status: 'delivered' });
});
