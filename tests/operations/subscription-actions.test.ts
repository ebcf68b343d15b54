import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Job } from '../../shared/insights/customer-insights.ts';
import type { ManagedSubscription } from '../../shared/operations/managed-subscription.ts';
import type { SubscriptionFilter } from '../../shared/subscriptions/subscription-list.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const trigger = 'segment-threshold-crossed';
const URL = callbackUrl('one');
const FLOW = { workflowId: 'flow', operationName: 'When' };
let fixture: SegmentFixture;
beforeEach(() => {
  fixture = segmentFixture({ tables: createMemoryTables({ rowsPerScan: 3 }) });
});

async function list(filter: SubscriptionFilter = {}, limit = 2): Promise<ManagedSubscription[]> {
  const all: ManagedSubscription[] = [];
  let next: string | undefined;
  do {
    const page = { limit, ...(next !== undefined && { next }) };
    const listed = await fixture.backend.operator.listSubscriptions(filter, page);
    expect(listed.subscriptions.length).toBeLessThanOrEqual(limit);
    all.push(...listed.subscriptions);
    next = listed.next;
  } while (next !== undefined);
  return all;
}
const idsOf = (subscriptions: readonly { id: string }[]): string[] => subscriptions.map(({ id }) => id).sort();
const statusOf = async (id: string): Promise<unknown> => {
  const found = await fixture.backend.operator.getSubscription(id);
  return found.kind === 'found' ? found.subscription.status : found.code;
};

describe('subscriptions', () => {
  test('of all connections, instances and triggers are listed once', async () => {
    const other = '99999999-2222-3333-4444-555555555555';
    fixture.insights.hold({
      ...fixture.data,
      instance: { instanceId: other, name: 'Other', instanceType: 'production' },
    });
    const own = [await fixture.flow('a'), await fixture.flow('b', {}, { connection: 'connection-b' })];
    const full = await fixture.subscribe('full-refresh-completed', { callbackUrl: callbackUrl('c') });
    const elsewhere = await fixture.flow('d', { instanceId: other });
    expect(idsOf(await list())).toEqual(idsOf([...own, full, elsewhere]));
    expect(idsOf(await list({ instanceId: INSTANCE }))).toEqual(idsOf([...own, full]));
    expect(idsOf(await list({ trigger }))).toEqual(idsOf([...own, elsewhere]));
    expect(idsOf(await list({ trigger, instanceId: INSTANCE }, 1))).toEqual(idsOf(own));
    expect(idsOf(await list({ trigger: 'measure-threshold-crossed' }))).toEqual([]);
  });

  test('are found by their status, ended ones too, deleted ones never', async () => {
    const flow = { workflowId: 'flow', operationName: 'When' };
    const superseded = await fixture.flow('old', {}, flow);
    const active = await fixture.flow('new', {}, flow);
    const gone = await fixture.flow('gone');
    const deleted = await fixture.flow('deleted', {}, { workflowId: 'other' });
    fixture.answers.set(callbackUrl('gone'), () => answered(410));
    await fixture.rise();
    await fixture.backend.unsubscribe('connection-a', trigger, deleted.id);
    expect(idsOf(await list({ status: 'active' }))).toEqual([active.id]);
    expect(idsOf(await list({ status: 'gone' }))).toEqual([gone.id]);
    expect(idsOf(await list({ status: 'superseded' }))).toEqual([superseded.id]);
    expect(idsOf(await list({ status: 'paused' }))).toEqual([]);
    expect(idsOf(await list())).toEqual(idsOf([superseded, active, gone]));
    expect(await statusOf(deleted.id)).toBe('subscription-unknown');
  });

  test('say whose they are, and where their flow is when the platform said so', async () => {
    const named = await fixture.flow('one', {}, { workflowId: 'f 1', environmentId: 'Default-1' });
    const half = await fixture.flow('two', {}, { workflowId: 'f 2' });
    expect(await fixture.backend.operator.getSubscription(named.id)).toMatchObject({
      subscription: {
        id: named.id,
        connection: 'connection-a',
        workflowId: 'f 1',
        environmentId: 'Default-1',
        flowUrl: 'https://make.powerautomate.com/environments/Default-1/flows/f%201/details',
        lastEvaluation: { value: 90 },
      },
    });
    const found = await fixture.backend.operator.getSubscription(half.id);
    expect(found).toMatchObject({ subscription: { workflowId: 'f 2' } });
    expect(found).not.toHaveProperty('subscription.flowUrl');
  });
});

describe('resume', () => {
  test('makes a paused subscription active, and what waits goes out', async () => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await fixture.rise();
    await fixture.rise();
    expect(await statusOf(id)).toBe('paused');
    fixture.answers.delete(URL);
    expect(await fixture.backend.operator.resumeSubscription(id)).toEqual({ kind: 'resumed', subscriptionId: id });
    expect(await statusOf(id)).toBe('active');
    await fixture.pass(MINUTE);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 5 });
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'delivered']);
  });

  test('makes a disabled subscription active with a clean record', async () => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, () => answered(500));
    await fixture.failForDays();
    expect(await statusOf(id)).toBe('disabled');
    await fixture.backend.operator.resumeSubscription(id);
    expect(await fixture.backend.operator.getSubscription(id)).toMatchObject({
      subscription: { status: 'active', health: { deadDeliveries: 0 } },
    });
  });

  test.each<[string, (fixture: SegmentFixture, id: string) => Promise<unknown>]>([
    ['by an operator', (held, id) => held.backend.operator.resumeSubscription(id)],
    ['by the same subscribe call', (held) => held.flow('one', {}, FLOW)],
    ['by a save of the flow', (held) => held.flow('two', {}, FLOW)],
  ])('lets out at once what waited for weeks for a disabled subscription: %s', async (_, again) => {
    const { id } = await fixture.flow('one', {}, FLOW);
    fixture.answers.set(URL, () => answered(500));
    await fixture.failForDays();
    await fixture.rise();
    // The message of a waiting delivery comes every seven days.
    await fixture.pass(10 * DAY);
    expect(await statusOf(id)).toBe('disabled');
    fixture.answers.delete(URL);
    fixture.calls.length = 0;
    await again(fixture, id);
    await fixture.pass(MINUTE);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 5 });
    expect(deliveries.map(({ status }) => status)).toEqual(['delivered', 'dead', 'dead']);
    expect(fixture.calls).toHaveLength(1);
  });

  test('releases what happened before the flow began to fail, but was detected only when its subscription was disabled', async () => {
    const failing = callbackUrl('failing');
    const { id } = await fixture.subscribe('data-source-refresh-failed', { callbackUrl: failing });
    fixture.answers.set(failing, () => answered(500));
    /** A failure is reported when its job has ended: Customer Insights may try the task again. */
    const old = task({ status: 'failed', endedAt: at(1) });
    const failed = (minute: number): Job =>
      job({ status: 'failed', endedAt: at(minute), tasks: [task({ status: 'failed', endedAt: at(minute) })] });
    const open = job({ status: 'running', endedAt: undefined, tasks: [old] });
    await fixture.pass(HOUR);
    fixture.data.jobs = [open, failed(2)];
    await fixture.poll();
    await fixture.pass(5 * DAY);
    fixture.data.jobs = [open, failed(5 * 24 * 60)];
    await fixture.poll();
    await fixture.pass(2 * DAY);
    expect(await statusOf(id)).toBe('disabled');
    await fixture.pass(3 * DAY);
    fixture.data.jobs = [{ ...open, status: 'failed', endedAt: at(10 * 24 * 60) }];
    await fixture.poll();
    fixture.answers.delete(failing);
    fixture.calls.length = 0;
    await fixture.backend.operator.resumeSubscription(id);
    await fixture.pass(MINUTE);
    expect(fixture.calls.map(({ body }) => body['occurredAt'])).toEqual([at(1)]);
  });

  test('of an active subscription may be repeated', async () => {
    const { id } = await fixture.flow('one');
    for (let count = 0; count < 2; count++) {
      expect(await fixture.backend.operator.resumeSubscription(id)).toMatchObject({ kind: 'resumed' });
    }
    await fixture.pass(MINUTE);
    expect(fixture.calls).toEqual([]);
  });

  test('of one that has ended is refused', async () => {
    const old = await fixture.flow('old', {}, FLOW);
    await fixture.flow('new', {}, FLOW);
    const gone = await fixture.flow('gone');
    fixture.answers.set(callbackUrl('gone'), () => answered(410));
    await fixture.rise();
    for (const { id } of [old, gone]) {
      expect(await fixture.backend.operator.resumeSubscription(id)).toMatchObject({ code: 'subscription-ended' });
    }
    const unknown = await fixture.backend.operator.resumeSubscription('sub_1');
    expect(unknown).toMatchObject({ code: 'subscription-unknown' });
  });
});

describe('ending', () => {
  test("a subscription stops its calls and takes it off its connection's list", async () => {
    const { id } = await fixture.flow('one', {}, { workflowId: 'flow' });
    const kept = await fixture.flow('two');
    for (let count = 0; count < 2; count++) {
      expect(await fixture.backend.operator.endSubscription(id)).toEqual({ kind: 'ended' });
    }
    await fixture.rise();
    expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('two')]);
    const own = await fixture.backend.listOwn('connection-a', trigger, { limit: 10 });
    expect(own.views.map((view) => view.id)).toEqual([kept.id]);
    expect((await fixture.flow('one')).id).not.toBe(id);
  });

  test('what cannot be a subscription is refused', async () => {
    expect(await fixture.backend.operator.endSubscription('one')).toMatchObject({ code: 'subscription-unknown' });
  });
});
