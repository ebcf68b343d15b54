import { createSecretKey, type KeyObject } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { statusNotificationSchema } from '../../shared/operations/status-notification.ts';
import { subscriptionStore } from '../../shared/subscriptions/subscription-store.ts';
import { validatorOf } from '../../shared/validation.ts';
import { createMemoryQueues, type MemoryQueues } from '../../shared/storage/memory-queues.ts';
import { accepted, answered, callbackUrl, type Call } from '../helpers/memory-backend.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { failingTables } from './failing-tables.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const WEBHOOK = 'https://alerts.example.org/hook?sig=secret';
const policy = { allowedHosts: ['*'], allowedNetworks: { isEmpty: true, contains: () => false } };
const tables = failingTables();
let fixture: SegmentFixture;

const begin = (signingSecrets: readonly KeyObject[] = []): void => {
  tables.reset();
  fixture = segmentFixture({ tables, config: { operatorWebhook: { url: WEBHOOK, policy }, signingSecrets } });
};
beforeEach(() => {
  begin();
});

const notifications = (): Call[] => fixture.calls.filter(({ url }) => url === WEBHOOK);
const statuses = (): unknown[] => notifications().map(({ body }) => body['status']);
const notices = async (id: string): Promise<number> => (await subscriptionStore(tables).load(id))?.notices?.length ?? 0;
/** The flow of this name is turned off and is called. */
const turnOff = async (name: string): Promise<void> => {
  fixture.answers.set(callbackUrl(name), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
  await fixture.rise();
};

describe('the webhook of the operator', () => {
  test('is called once for each change, with what one needs to act', async () => {
    begin([createSecretKey(Buffer.alloc(32, 1))]);
    const flow = { workflowId: 'a-flow', workflowName: 'a-flow', environmentId: 'an-environment' };
    const { id } = await fixture.flow('one', { label: 'VIP alert' }, flow);
    await turnOff('one');
    await fixture.pass(MINUTE);
    const [call, ...others] = notifications();
    expect(others).toEqual([]);
    expect(call?.body).toMatchObject({
      subscriptionId: id,
      label: 'VIP alert',
      trigger: 'segment-threshold-crossed',
      connection: 'connection-a',
      status: 'paused',
      code: 'turned-off',
      reason: expect.stringContaining('turned off'),
      dashboardUrl: `https://triggers.example.org/api/dashboard#/subscriptions/${id}`,
    });
    expect(validatorOf(statusNotificationSchema)(call?.body)).toMatchObject({ kind: 'valid' });
    expect(call?.headers).toMatchObject({ 'webhook-id': call?.body['notificationId'] });
    expect(call?.headers['webhook-signature']).toMatch(/^v1,/);
    await fixture.pass(2 * HOUR);
    expect(notifications()).toHaveLength(1);
    expect(await notices(id)).toBe(0);
  });

  test('is called when a flow has failed for days, is deleted, or an operator stops it', async () => {
    const ids = new Map<string, string>();
    for (const name of ['failing', 'deleted', 'paused', 'ended']) ids.set(name, (await fixture.flow(name)).id);
    fixture.answers.set(callbackUrl('failing'), () => answered(500));
    await fixture.failForDays();
    expect(statuses()).toEqual(['disabled']);
    fixture.answers.set(callbackUrl('deleted'), () => answered(404, 'WorkflowNotFound'));
    await fixture.rise();
    await fixture.backend.operator.pauseSubscription(ids.get('paused') ?? '');
    await fixture.backend.operator.pauseSubscription(ids.get('paused') ?? '');
    await fixture.backend.operator.endSubscription(ids.get('ended') ?? '');
    await fixture.pass(MINUTE);
    const notices = notifications().map(({ body }) => [body['subscriptionId'], body['status'], body['code']]);
    expect(notices).toContainEqual([ids.get('deleted'), 'gone', 'workflow-not-found']);
    expect(notices).toContainEqual([ids.get('paused'), 'disabled', 'operator']);
    expect(notices).toContainEqual([ids.get('ended'), 'gone', 'operator']);
    expect(notices).toHaveLength(4);
  });

  test('is called again on the schedule of callbacks until it succeeds, with the same id', async () => {
    const { id } = await fixture.flow('one');
    let fails = 2;
    fixture.answers.set(WEBHOOK, () => (fails-- > 0 ? answered(503) : accepted));
    await turnOff('one');
    // The schedule is 5 and 30 seconds, and nobody waits for the reconciler.
    await fixture.pass(40_000);
    expect(notifications()).toHaveLength(3);
    expect(new Set(notifications().map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await notices(id)).toBe(0);
  });

  test.each([
    [503, 4],
    [410, 1],
  ])('that always answers %d is called %d times and then no more', async (status, times) => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(WEBHOOK, () => answered(status));
    await turnOff('one');
    await fixture.pass(2 * HOUR);
    expect(notifications()).toHaveLength(times);
    expect(await notices(id)).toBe(0);
  });

  describe('that hangs', () => {
    const FLOWS = 10;
    let ids: string[];
    let hanging: (() => void)[];
    const handleAll = (): Promise<void>[] =>
      ids.map((subscriptionId) => fixture.backend.handleRetriesMessage({ v: 1, kind: 'release', subscriptionId }));
    const loseMessages = (): void => {
      for (let message; (message = fixture.queues.receive('retries', Infinity));)
        fixture.queues.delete('retries', message);
    };
    const waiting = (): number => fixture.queues.waiting('retries').length;

    beforeEach(async () => {
      ids = [];
      for (let index = 0; index < FLOWS; index++) ids.push((await fixture.flow(`flow${index}`)).id);
      for (const id of ids) await fixture.backend.operator.pauseSubscription(id);
      // The messages of the pauses. The test handles its own at the same time, as the host does.
      loseMessages();
      hanging = [];
      fixture.answers.set(WEBHOOK, () => new Promise((resolve) => hanging.push(() => resolve(answered(503)))));
    });

    test('holds two places of the function that retries deliveries, and no more', async () => {
      const handled = handleAll();
      const isDone = handled.map((each) => each.then(() => true));
      const pending = new Promise<false>((resolve) => setTimeout(resolve, 200, false));
      const done = await Promise.all(isDone.map((each) => Promise.race([each, pending])));
      expect(done.filter(Boolean)).toHaveLength(FLOWS - 2);
      expect(notifications()).toHaveLength(2);
      expect(waiting()).toBe(FLOWS - 2);
      for (const end of hanging) end();
      await Promise.all(handled);
    });

    test('is not called for a minute after a call that hung', async () => {
      const handled = handleAll();
      while (hanging.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      await fixture.clock.advance(15_000);
      for (const end of hanging) end();
      await Promise.all(handled);
      fixture.answers.set(WEBHOOK, () => accepted);
      await fixture.pass(50_000);
      expect(notifications()).toHaveLength(2);
      await fixture.pass(2 * MINUTE);
      expect(new Set(notifications().map(({ body }) => body['subscriptionId'])).size).toBe(FLOWS);
      for (const id of ids) expect(await notices(id)).toBe(0);
    });

    test('is called without a pause when it is only slow and succeeds', async () => {
      fixture.answers.set(WEBHOOK, () => new Promise((resolve) => hanging.push(() => resolve(accepted))));
      const handled = handleAll();
      while (hanging.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      await fixture.clock.advance(6_000);
      for (const end of hanging) end();
      await Promise.all(handled);
      fixture.answers.set(WEBHOOK, () => accepted);
      await fixture.pass(30_000);
      expect(notifications()).toHaveLength(FLOWS);
    });

    test('gets each notice once, and the reconciler takes no message of a postponed one for lost', async () => {
      const handled = handleAll();
      while (hanging.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
      await fixture.clock.advance(20_000);
      await Promise.all(handleAll());
      loseMessages();
      await fixture.clock.advance(45_000);
      await fixture.backend.reconcile();
      expect(waiting()).toBe(0);
      fixture.answers.set(WEBHOOK, () => accepted);
      for (const end of hanging) end();
      await Promise.all(handled);
      await fixture.pass(HOUR);
      expect(notifications()).toHaveLength(FLOWS + 2);
    });
  });

  test('hears of each change, also when one comes while it is down', async () => {
    const { id } = await fixture.flow('one');
    fixture.answers.set(WEBHOOK, () => answered(503));
    await turnOff('one');
    await fixture.backend.operator.endSubscription(id);
    await fixture.pass(10_000);
    expect(await notices(id)).toBe(2);
    fixture.answers.delete(WEBHOOK);
    fixture.calls.length = 0;
    await fixture.pass(HOUR);
    expect(statuses().toSorted()).toEqual(['gone', 'paused']);
  });

  test('hears of a change whose process died at any call after it, and whose messages were lost', async () => {
    for (let points = 0; points < 40; points++) {
      begin();
      const { id } = await fixture.flow('one');
      tables.failAfter(points);
      await fixture.backend.operator.pauseSubscription(id).catch(() => undefined);
      tables.failAfter(Infinity);
      const { status } = (await subscriptionStore(tables).load(id)) ?? {};
      for (let message = fixture.queues.receive('retries', Infinity); message;) {
        fixture.queues.delete('retries', message);
        message = fixture.queues.receive('retries', Infinity);
      }
      await fixture.pass(HOUR);
      expect({ points, statuses: statuses() }).toEqual({ points, statuses: status === 'disabled' ? ['disabled'] : [] });
      if (status === 'disabled' && points > 10) return;
    }
    throw new Error('the pause never succeeded');
  });

  test('hears of a flow that fails for days although no message about a subscription arrives', async () => {
    const clock = manualClock();
    const queues = createMemoryQueues({ clock });
    const isLost = (message: object): boolean => (message as { kind?: string }).kind === 'release' && isLosing;
    let isLosing = true;
    const send: MemoryQueues['send'] = async (queue, message, options) => {
      if (!isLost(message)) await queues.send(queue, message, options);
    };
    const config = { operatorWebhook: { url: WEBHOOK, policy } };
    fixture = segmentFixture({ clock, queues: { ...queues, send }, config });
    await fixture.flow('one');
    fixture.answers.set(callbackUrl('one'), () => answered(500));
    await fixture.failForDays();
    expect(statuses()).toEqual([]);
    isLosing = false;
    await fixture.pass(10 * MINUTE);
    expect(statuses()).toEqual(['disabled']);
  });

  test('is not called, and no notice is stored, when it is not set', async () => {
    fixture = segmentFixture();
    const { id } = await fixture.flow('one');
    await turnOff('one');
    await fixture.pass(DAY);
    expect(notifications()).toEqual([]);
    expect((await subscriptionStore(fixture.tables).load(id))?.notices).toBeUndefined();
  });
});
