import { beforeEach, describe, expect, test } from '@jest/globals';
import { notificationMismatch } from '../../sandbox/flow-platform/notification-schemas.ts';
import { sampleEvent } from '../../shared/events/sample-event.ts';
import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import { evaluated, measure, output, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';

const SOURCE = 'aaaaaaaa-2222-3333-4444-555555555555';
const MINUTE = 60_000;
let fixture: MemoryBackend;
beforeEach(() => {
  fixture = memoryBackend();
  fixture.data.segments = [segment('vip', evaluated(90, 1))];
  fixture.data.measures = [measure('Revenue', output(90, 1))];
  fixture.data.dataSources = [
    {
      dataSourceId: SOURCE,
      name: 'crm',
      displayName: 'CRM',
      active: true,
      refreshState: undefined,
      lastRefreshAt: undefined,
    },
  ];
});

const inputs: [Trigger, Record<string, unknown>][] = [
  ['segment-threshold-crossed', { segmentName: 'vip', threshold: 100 }],
  ['measure-threshold-crossed', { measureName: 'Revenue', threshold: 0.5 }],
  ['data-source-refresh-failed', { dataSourceId: SOURCE }],
  ['data-source-refresh-failed', {}],
  ['data-source-refresh-succeeded', {}],
  ['full-refresh-completed', {}],
  ['unification-refresh-completed', {}],
];
const subscribe = (trigger: Trigger, input: object, name = 'one'): Promise<SubscriptionView> =>
  fixture.subscribe(trigger, { ...input, callbackUrl: callbackUrl(name) });

async function sendTest({ trigger, id }: SubscriptionView, connection = 'connection-a'): Promise<string> {
  const sent = await fixture.backend.sendTest(connection, trigger as Trigger, id);
  if (sent.kind === 'refused') throw new Error(sent.code);
  return sent.deliveryId;
}

describe('a test event', () => {
  test.each(inputs)(
    'of %s %j is delivered to its subscription alone, and has the form of a real one',
    async (trigger, input) => {
      const subscription = await subscribe(trigger, input);
      for (const [other, more] of inputs) await subscribe(other, more, 'another');
      const deliveryId = await sendTest(subscription);
      expect(fixture.calls).toEqual([]);
      await fixture.drain();
      expect(fixture.calls.map(({ url }) => url)).toEqual([callbackUrl('one')]);
      const { body } = fixture.calls[0] ?? {};
      expect(notificationMismatch(trigger, body)).toBeUndefined();
      const id = subscription.id;
      expect(body).toMatchObject({
        ...input,
        test: true,
        trigger,
        deliveryId,
        subscriptionId: id,
        instanceId: INSTANCE,
      });
      const found = await fixture.backend.operator.getDelivery(deliveryId);
      expect(found).toMatchObject({ delivery: { status: 'delivered', test: true, subscriptionId: subscription.id } });
    },
  );

  test('crosses the threshold of its subscription', async () => {
    for (const [trigger, input] of inputs.slice(0, 2)) await sendTest(await subscribe(trigger, input, trigger));
    await fixture.drain();
    expect(fixture.calls).toHaveLength(2);
    for (const { body } of fixture.calls) {
      expect(body['previousValue']).toBe(body['threshold']);
      expect(body['value']).toBeGreaterThan(body['threshold'] as number);
    }
  });

  test('is another one each time', async () => {
    const subscription = await subscribe('full-refresh-completed', {});
    const ids = new Set([await sendTest(subscription), await sendTest(subscription)]);
    await fixture.drain();
    expect(fixture.calls.map(({ body }) => body['deliveryId']).sort()).toEqual([...ids].sort());
    expect(ids.size).toBe(2);
  });

  test('is not for flows that catch up, but for operators', async () => {
    await sendTest(await subscribe('full-refresh-completed', {}));
    await fixture.drain();
    expect((await fixture.backend.listEvents(INSTANCE, 0, { limit: 5 })).events).toEqual([]);
    const { events } = await fixture.backend.operator.listEvents({}, { limit: 5 });
    expect(events).toMatchObject([{ test: true, open: false, deliveries: { delivered: 1 } }]);
    expect((await fixture.backend.operator.listDeliveries({}, { limit: 5 })).deliveries).toMatchObject([
      { test: true },
    ]);
  });

  test('of a paused subscription waits like any other, and is retried like any other', async () => {
    const subscription = await subscribe('full-refresh-completed', {});
    fixture.answers.set(callbackUrl('one'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    await sendTest(subscription);
    await fixture.drain();
    const second = await sendTest(subscription);
    await fixture.drain();
    expect(fixture.calls).toHaveLength(1);
    expect(await fixture.backend.operator.getDelivery(second)).toMatchObject({ delivery: { status: 'parked' } });
    fixture.answers.delete(callbackUrl('one'));
    await fixture.backend.operator.resumeSubscription(subscription.id);
    await fixture.pass(MINUTE);
    expect(await fixture.backend.operator.getDelivery(second)).toMatchObject({ delivery: { status: 'delivered' } });
  });

  test('that no worker took is sent by the next poll', async () => {
    const subscription = await subscribe('full-refresh-completed', {});
    await sendTest(subscription);
    const lost = fixture.queues.receive('deliveries', fixture.clock.now());
    if (lost) fixture.queues.delete('deliveries', lost);
    await fixture.clock.advance(3 * MINUTE);
    await fixture.poll();
    expect(fixture.calls).toHaveLength(1);
  });

  test("of another's, another trigger's or an unknown subscription is refused, and nothing is opened", async () => {
    const { id } = await subscribe('full-refresh-completed', {});
    const refused = [
      await fixture.backend.sendTest('connection-b', 'full-refresh-completed', id),
      await fixture.backend.sendTest('connection-a', 'unification-refresh-completed', id),
      await fixture.backend.sendTest('connection-a', 'full-refresh-completed', 'sub_1'),
    ];
    for (const each of refused) expect(each).toMatchObject({ code: 'subscription-unknown' });
    expect(fixture.queues.waiting('deliveries')).toEqual([]);
  });

  test('of a subscription that has ended is refused', async () => {
    const { id } = await subscribe('full-refresh-completed', {});
    fixture.answers.set(callbackUrl('one'), () => answered(410));
    const sent = await fixture.backend.sendTest('connection-a', 'full-refresh-completed', id);
    expect(sent).toMatchObject({ kind: 'sent' });
    await fixture.drain();
    const again = await fixture.backend.sendTest('connection-a', 'full-refresh-completed', id);
    expect(again).toMatchObject({ code: 'subscription-ended' });
  });
});

describe('a test event by label', () => {
  const trigger = 'full-refresh-completed' as const;
  const make = (label: string, name = label, who = {}): Promise<SubscriptionView> =>
    fixture.subscribe(trigger, { callbackUrl: callbackUrl(name), label }, who);
  const send = (label: string) => fixture.backend.sendTest('connection-a', trigger, label);

  test('reaches the one that has it, in whatever case, with blanks around it', async () => {
    await make('nightly');
    const { id } = await make('Report / daily', 'daily');
    expect(await send('  report / DAILY ')).toMatchObject({ kind: 'sent' });
    await fixture.drain();
    expect(fixture.calls.map(({ body }) => body['subscriptionId'])).toEqual([id]);
  });

  test('of several is refused, and how many there are', async () => {
    await make('same', 'one');
    await make('same', 'two');
    expect(await send('same')).toMatchObject({ code: 'label-ambiguous', detail: expect.stringMatching(/^2 /) });
    expect(fixture.queues.waiting('deliveries')).toEqual([]);
  });

  test('of none is refused, with those of similar names', async () => {
    await make('nightly');
    expect(await send('nightli')).toMatchObject({
      code: 'subscription-unknown',
      detail: expect.stringContaining('Did you mean nightly?'),
    });
  });

  test("of another connection's, or of one that has ended, is none", async () => {
    await make('theirs', 'theirs', { connection: 'connection-b' });
    await make('gone');
    fixture.answers.set(callbackUrl('gone'), () => answered(410));
    await send('gone');
    await fixture.drain();
    for (const label of ['theirs', 'gone']) expect(await send(label)).toMatchObject({ code: 'subscription-unknown' });
  });
});

test('an operator sends a test event to any subscription that has not ended', async () => {
  const { id } = await subscribe('full-refresh-completed', {});
  expect(await fixture.backend.operator.sendTest(id)).toMatchObject({ kind: 'sent' });
  fixture.answers.set(callbackUrl('one'), () => answered(410));
  await fixture.drain();
  expect(fixture.calls).toMatchObject([{ body: { test: true, subscriptionId: id } }]);
  expect(await fixture.backend.operator.sendTest(id)).toMatchObject({ code: 'subscription-ended' });
  expect(await fixture.backend.operator.sendTest('sub_1')).toMatchObject({ code: 'subscription-unknown' });
});

test.each([0, -0.5, -3, 1e15, 2 ** 53, -(2 ** 53), 1e300, -1e300, 5e-324])(
  'a sample rises above a threshold of %d',
  (threshold) => {
    const subscription = { trigger: 'measure-threshold-crossed', instanceId: INSTANCE, subject: 'm', threshold };
    const event = sampleEvent(subscription as Parameters<typeof sampleEvent>[0], { eventId: '', occurredAt: '' });
    expect('value' in event && event.value > threshold).toBe(true);
    expect('value' in event && Number.isFinite(event.value)).toBe(true);
  },
);
