import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, vipWorld, type VipWorld } from './vip-world.ts';

const trigger = 'segment-threshold-crossed';
const URL = callbackUrl('one');
const FLOW = { workflowId: 'flow', operationName: 'When' };
const storage: StorageCalls = [];
let world: VipWorld;
beforeEach(() => {
  world = vipWorld({ tables: countedTables(createMemoryTables(), storage) });
});

const seen = async (id: string): Promise<unknown> => {
  const found = await world.backend.operator.getSubscription(id);
  return found.kind === 'found' ? found.subscription : found.code;
};
const statuses = async (subscriptionId: string): Promise<string[]> => {
  const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId }, { limit: 50 });
  return deliveries.map(({ status, code }) => `${status} ${code}`);
};

describe("an operator's pause", () => {
  test('holds what happens, probes nothing and gives nothing up, for as long as it lasts', async () => {
    const { id } = await world.flow('one', {}, FLOW);
    expect(await world.backend.operator.pauseSubscription(id)).toEqual({ kind: 'held', subscriptionId: id });
    expect(await world.backend.operator.pauseSubscription(id)).toEqual({ kind: 'held', subscriptionId: id });
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
    await world.rise();
    await world.pass(30 * DAY);
    await world.rise();
    expect(world.calls).toEqual([]);
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
    expect(await statuses(id)).toEqual(['parked paused-by-operator', 'parked paused-by-operator']);
  });

  test('stops the probes of a flow that was found off, one that is on its way too', async () => {
    const { id } = await world.flow('one');
    world.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await world.rise();
    // The first probe is due in half an hour: it is made ready, and the pause comes before it.
    await world.clock.advance(31 * MINUTE);
    await world.backend.reconcile();
    world.calls.length = 0;
    await world.backend.operator.pauseSubscription(id);
    await world.pass(10 * DAY);
    expect(world.calls).toEqual([]);
    expect(await statuses(id)).toEqual(['parked paused-by-operator']);
    expect(await seen(id)).toMatchObject({ status: 'disabled' });
  });

  test('stops the retries of a flow that fails', async () => {
    const { id } = await world.flow('one');
    world.answers.set(URL, () => answered(503));
    await world.rise();
    await world.backend.operator.pauseSubscription(id);
    world.calls.length = 0;
    await world.pass(DAY);
    expect(world.calls).toEqual([]);
    expect(await statuses(id)).toEqual(['parked paused-by-operator']);
  });

  test.each<[string, (held: VipWorld, id: string) => Promise<unknown>]>([
    ['the operator', (held, id) => held.backend.operator.resumeSubscription(id)],
    ['the same subscribe call', (held) => held.flow('one', {}, FLOW)],
    ['a save of the flow', (held) => held.flow('two', {}, FLOW)],
  ])('is ended by %s, and what was held goes out', async (_, resume) => {
    const { id } = await world.flow('one', {}, FLOW);
    await world.backend.operator.pauseSubscription(id);
    await world.rise();
    await resume(world, id);
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(1);
    expect(await statuses(id)).toEqual(['delivered delivered']);
    expect(await seen(id)).not.toHaveProperty('reason');
  });

  test('lets an operator send one delivery, which changes nothing else', async () => {
    const { id } = await world.flow('one');
    await world.backend.operator.pauseSubscription(id);
    await world.rise();
    const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    await world.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await world.pass(MINUTE);
    expect(world.calls).toHaveLength(1);
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
  });

  test('of what has ended or is unknown is refused', async () => {
    const { id } = await world.flow('one');
    await world.backend.operator.endSubscription(id);
    expect(await world.backend.operator.pauseSubscription(id)).toMatchObject({ code: 'subscription-ended' });
    expect(await world.backend.operator.pauseSubscription('sub_1')).toMatchObject({ code: 'subscription-unknown' });
  });
});

describe('a subscription that an operator ended', () => {
  test('is unknown to its connection and not counted, and its history stays', async () => {
    world = vipWorld({ config: { maxSubscriptionsPerConnection: 1 } });
    const { id } = await world.flow('one', { label: 'One' });
    await world.rise();
    await world.backend.operator.endSubscription(id);
    expect(await world.backend.getOwn('connection-a', trigger, id)).toMatchObject({ code: 'subscription-unknown' });
    expect((await world.backend.listOwn('connection-a', trigger, { limit: 10 })).views).toEqual([]);
    expect(await world.backend.sendTest('connection-a', trigger, id)).toMatchObject({ code: 'subscription-unknown' });
    // Its place is free.
    const again = await world.flow('one');
    expect(again.id).not.toBe(id);
    await world.backend.unsubscribe('connection-a', trigger, id);
    await world.pass(DAY);
    expect(await seen(id)).toMatchObject({ status: 'gone', reason: 'operator', label: 'One' });
    expect(await statuses(id)).toEqual(['delivered delivered']);
  });

  test('has what was held for it ended, with words for that', async () => {
    const { id } = await world.flow('one');
    await world.backend.operator.pauseSubscription(id);
    await world.rise();
    await world.backend.operator.endSubscription(id);
    await world.pass(HOUR);
    expect(await statuses(id)).toEqual(['ended ended-by-operator']);
    expect(world.calls).toEqual([]);
    const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    expect(deliveries[0]?.reason).toBe('ended: an operator has ended the subscription');
  });

  test('is no longer kept when none of its deliveries is', async () => {
    const { id } = await world.flow('one');
    await world.backend.operator.endSubscription(id);
    await world.pass(90 * DAY);
    expect(await seen(id)).toMatchObject({ status: 'gone' });
    await world.pass(90 * DAY);
    expect(await seen(id)).toBe('subscription-unknown');
  });
});

test('a test event of an operator goes through the whole delivery path', async () => {
  const { id } = await world.flow('one');
  expect(await world.backend.operator.sendTest(id)).toMatchObject({ kind: 'sent' });
  await world.pass(MINUTE);
  expect(world.calls.map(({ body }) => body['test'])).toEqual([true]);
  expect(await world.backend.operator.sendTest('sub_1')).toMatchObject({ code: 'subscription-unknown' });
});

describe('a page of subscriptions', () => {
  test('has for each when it last fired and what arrived, at two storage requests for each instance', async () => {
    for (const name of ['one', 'broken', 'far'])
      await world.flow(name, { label: name, ...(name === 'far' && { threshold: 500 }) });
    world.answers.set(callbackUrl('broken'), () => answered(400));
    for (let count = 0; count < 3; count++) await world.rise();
    const last = (await world.backend.operator.listEvents({}, { limit: 1 })).events[0]?.occurredAt;
    storage.length = 0;
    const { subscriptions } = await world.backend.operator.listSubscriptions({}, { limit: 100 }, true);
    expect(storage.length).toBeLessThanOrEqual(3);
    const since = expect.any(String);
    expect(Object.fromEntries(subscriptions.map(({ label, activity }) => [label, activity]))).toEqual({
      one: { lastFiredAt: last, delivered: 3, failed: 0, since },
      broken: { lastFiredAt: last, delivered: 0, failed: 3, since },
      far: { delivered: 0, failed: 0, since },
    });
  });

  test('names the data source', async () => {
    world.data.dataSources = [
      {
        dataSourceId: 'crm-1',
        name: 'CRM',
        displayName: 'CRM',
        active: true,
        refreshState: 'updated',
        lastRefreshAt: undefined,
      },
    ];
    const { id } = await world.subscribe('data-source-refresh-failed', {
      dataSourceId: 'crm-1',
      callbackUrl: callbackUrl('one'),
      instanceId: INSTANCE,
    });
    expect(await seen(id)).toMatchObject({ dataSourceId: 'crm-1', dataSourceName: 'CRM' });
  });
});
