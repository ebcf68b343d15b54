import { beforeEach, describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { countedTables, type StorageCalls } from '../helpers/counted-storage.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const trigger = 'segment-threshold-crossed';
const URL = callbackUrl('one');
const FLOW = { workflowId: 'flow', operationName: 'When' };
const storage: StorageCalls = [];
let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture({ tables: countedTables(createMemoryTables(), storage) });
});

const seen = async (id: string): Promise<unknown> => {
  const found = await fixture.backend.operator.getSubscription(id);
  return found.kind === 'found' ? found.subscription : found.code;
};
const statuses = async (subscriptionId: string): Promise<string[]> => {
  const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId }, { limit: 50 });
  return deliveries.map(({ status, code }) => `${status} ${code}`);
};

describe("an operator's pause", () => {
  test('holds what happens, probes nothing and gives nothing up, for as long as it lasts', async () => {
    const { id } = await fixture.flow('one', {}, FLOW);
    expect(await fixture.backend.operator.pauseSubscription(id)).toEqual({ kind: 'paused', subscriptionId: id });
    expect(await fixture.backend.operator.pauseSubscription(id)).toEqual({ kind: 'paused', subscriptionId: id });
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
    await fixture.rise();
    await fixture.pass(30 * DAY);
    await fixture.rise();
    expect(fixture.calls).toEqual([]);
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
    expect(await statuses(id)).toEqual(['parked paused-by-operator', 'parked paused-by-operator']);
  });

  test('stops the probes of a flow that was found off, one that is on its way too', async () => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await fixture.rise();
    // The first probe is due in half an hour: it is made ready, and the pause comes before it.
    await fixture.clock.advance(31 * MINUTE);
    await fixture.backend.reconcile();
    fixture.calls.length = 0;
    await fixture.backend.operator.pauseSubscription(id);
    await fixture.pass(10 * DAY);
    expect(fixture.calls).toEqual([]);
    expect(await statuses(id)).toEqual(['parked paused-by-operator']);
    expect(await seen(id)).toMatchObject({ status: 'disabled' });
  });

  test('stops the retries of a flow that fails', async () => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, () => answered(503));
    await fixture.rise();
    await fixture.backend.operator.pauseSubscription(id);
    fixture.calls.length = 0;
    await fixture.pass(DAY);
    expect(fixture.calls).toEqual([]);
    expect(await statuses(id)).toEqual(['parked paused-by-operator']);
  });

  test.each<[string, (held: SegmentFixture, id: string) => Promise<unknown>]>([
    ['the operator', (held, id) => held.backend.operator.resumeSubscription(id)],
    ['the same subscribe call', (held) => held.flow('one', {}, FLOW)],
    ['a save of the flow', (held) => held.flow('two', {}, FLOW)],
  ])('is ended by %s, and what was held goes out', async (_, resume) => {
    const { id } = await fixture.flow('one', {}, FLOW);
    await fixture.backend.operator.pauseSubscription(id);
    await fixture.rise();
    await resume(fixture, id);
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(1);
    expect(await statuses(id)).toEqual(['delivered delivered']);
    expect(await seen(id)).not.toHaveProperty('reason');
  });

  test('lets an operator send one delivery, which changes nothing else', async () => {
    const { id } = await fixture.flow('one');
    await fixture.backend.operator.pauseSubscription(id);
    await fixture.rise();
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    await fixture.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await fixture.pass(MINUTE);
    expect(fixture.calls).toHaveLength(1);
    expect(await seen(id)).toMatchObject({ status: 'disabled', reason: 'operator' });
  });

  test('of what has ended or is unknown is refused', async () => {
    const { id } = await fixture.flow('one');
    await fixture.backend.operator.endSubscription(id);
    expect(await fixture.backend.operator.pauseSubscription(id)).toMatchObject({ code: 'subscription-ended' });
    expect(await fixture.backend.operator.pauseSubscription('sub_1')).toMatchObject({ code: 'subscription-unknown' });
  });
});

describe('a subscription that an operator ended', () => {
  test('is unknown to its connection and not counted, and its history stays', async () => {
    fixture = segmentFixture({ config: { maxSubscriptionsPerConnection: 1 } });
    const { id } = await fixture.flow('one', { label: 'One' });
    await fixture.rise();
    await fixture.backend.operator.endSubscription(id);
    expect(await fixture.backend.getOwn('connection-a', trigger, id)).toMatchObject({ code: 'subscription-unknown' });
    expect((await fixture.backend.listOwn('connection-a', trigger, { limit: 10 })).views).toEqual([]);
    expect(await fixture.backend.sendTest('connection-a', trigger, id)).toMatchObject({ code: 'subscription-unknown' });
    // It no longer counts.
    const again = await fixture.flow('one');
    expect(again.id).not.toBe(id);
    await fixture.backend.unsubscribe('connection-a', trigger, id);
    await fixture.pass(DAY);
    expect(await seen(id)).toMatchObject({ status: 'gone', reason: 'operator', label: 'One' });
    expect(await statuses(id)).toEqual(['delivered delivered']);
  });

  test('has what was held for it ended, with words for that', async () => {
    const { id } = await fixture.flow('one');
    await fixture.backend.operator.pauseSubscription(id);
    await fixture.rise();
    await fixture.backend.operator.endSubscription(id);
    await fixture.pass(HOUR);
    expect(await statuses(id)).toEqual(['ended ended-by-operator']);
    expect(fixture.calls).toEqual([]);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 1 });
    expect(deliveries[0]?.reason).toBe('ended: an operator has ended the subscription');
  });

  test('is no longer kept when none of its deliveries is', async () => {
    const { id } = await fixture.flow('one');
    await fixture.backend.operator.endSubscription(id);
    await fixture.pass(90 * DAY);
    expect(await seen(id)).toMatchObject({ status: 'gone' });
    await fixture.pass(90 * DAY);
    expect(await seen(id)).toBe('subscription-unknown');
  });
});

test('a test event of an operator goes through the whole delivery path', async () => {
  const { id } = await fixture.flow('one');
  expect(await fixture.backend.operator.sendTest(id)).toMatchObject({ kind: 'sent' });
  await fixture.pass(MINUTE);
  expect(fixture.calls.map(({ body }) => body['test'])).toEqual([true]);
  expect(await fixture.backend.operator.sendTest('sub_1')).toMatchObject({ code: 'subscription-unknown' });
});

describe('a page of subscriptions', () => {
  test('has for each when it last fired and what arrived, at two storage requests for each instance', async () => {
    for (const name of ['one', 'broken', 'far'])
      await fixture.flow(name, { label: name, ...(name === 'far' && { threshold: 500 }) });
    fixture.answers.set(callbackUrl('broken'), () => answered(400));
    for (let count = 0; count < 3; count++) await fixture.rise();
    const last = (await fixture.backend.operator.listEvents({}, { limit: 1 })).events[0]?.occurredAt;
    storage.length = 0;
    const { subscriptions } = await fixture.backend.operator.listSubscriptions(
      {},
      { limit: 100 },
      { withActivity: true },
    );
    expect(storage.length).toBeLessThanOrEqual(3);
    const since = expect.any(String);
    expect(Object.fromEntries(subscriptions.map(({ label, activity }) => [label, activity]))).toEqual({
      one: { lastFiredAt: last, delivered: 3, failed: 0, since },
      broken: { lastFiredAt: last, delivered: 0, failed: 3, since },
      far: { delivered: 0, failed: 0, since },
    });
  });

  test('names the data source', async () => {
    fixture.data.dataSources = [
      {
        dataSourceId: 'crm-1',
        name: 'CRM',
        displayName: 'CRM',
        active: true,
        refreshState: 'updated',
        lastRefreshAt: undefined,
      },
    ];
    const { id } = await fixture.subscribe('data-source-refresh-failed', {
      dataSourceId: 'crm-1',
      callbackUrl: callbackUrl('one'),
      instanceId: INSTANCE,
    });
    expect(await seen(id)).toMatchObject({ dataSourceId: 'crm-1', dataSourceName: 'CRM' });
  });
});
