import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryStatus } from '../../shared/operations/delivery.ts';
import { activityStore } from '../../shared/deliveries/activity-store.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, MINUTE, vipWorld, type VipWorld } from './vip-world.ts';

const URL = callbackUrl('one');
let world: VipWorld;
let id: string;
beforeEach(async () => {
  world = vipWorld();
  ({ id } = await world.flow('one'));
});

const ago = (ms: number): string => new Date(world.clock.now() - ms).toISOString();
const recover = (body: object = { since: ago(30 * DAY) }): Promise<unknown> => world.backend.operator.recover(id, body);
const statuses = async (): Promise<DeliveryStatus[]> => {
  const { deliveries } = await world.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 100 });
  return deliveries.map(({ status }) => status);
};

/** One delivery is dead. */
const lose = async (): Promise<void> => {
  world.answers.set(URL, () => answered(400));
  await world.rise();
};

describe('recover', () => {
  test('sends again what is dead, each once under its own id, one after the other', async () => {
    for (let count = 0; count < 3; count++) await lose();
    const lost = world.calls.map(({ body }) => body['deliveryId']);
    world.answers.delete(URL);
    world.calls.length = 0;
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 3, more: false });
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
    const due = world.queues.waiting('retries').map(({ visibleAt }) => visibleAt);
    expect(due).toHaveLength(3);
    await world.pass(MINUTE);
    expect(world.calls.map(({ body }) => body['deliveryId']).sort()).toEqual(lost.sort());
    expect(await statuses()).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
  });

  test('whose message was lost is repeated by nobody: the reconciler sends it', async () => {
    await lose();
    world.answers.delete(URL);
    world.calls.length = 0;
    expect(await recover()).toMatchObject({ recovered: 1 });
    await world.clock.advance(10_000);
    const message = world.queues.receive('retries', world.clock.now());
    if (message === undefined) throw new Error('there is no message to lose');
    world.queues.delete('retries', message);
    expect(await recover()).toMatchObject({ recovered: 0 });
    await world.clock.advance(MINUTE);
    expect(await recover()).toMatchObject({ recovered: 0 });
    await world.pass(10 * MINUTE);
    expect(world.calls).toHaveLength(1);
    expect(await statuses()).toEqual(['delivered']);
  });

  test('sends what is parked for a disabled subscription, which stays disabled', async () => {
    world.answers.set(URL, () => answered(500));
    await world.failForDays();
    await world.rise();
    expect(await statuses()).toEqual(['parked', 'dead', 'dead']);
    world.answers.delete(URL);
    expect(await recover()).toMatchObject({ recovered: 3 });
    await world.pass(MINUTE);
    expect(await statuses()).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await world.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'disabled' } });
  });

  test('keeps to its range, both ends included', async () => {
    world.answers.set(URL, () => answered(400));
    for (let count = 0; count < 4; count++) {
      await world.rise();
      await world.pass(DAY);
    }
    const { events } = await world.backend.operator.listEvents({}, { limit: 4 });
    const [, third, second] = events.map(({ occurredAt }) => occurredAt);
    world.answers.delete(URL);
    expect(await recover({ since: second, until: third })).toMatchObject({ recovered: 2, more: false });
    await world.pass(MINUTE);
    expect(await statuses()).toEqual(['dead', 'delivered', 'delivered', 'dead']);
  });

  test('touches neither what is retrying, nor the deliveries of others', async () => {
    await world.flow('two');
    world.answers.set(URL, () => answered(503));
    world.answers.set(callbackUrl('two'), () => answered(400));
    await world.rise();
    const before = world.queues.waiting('retries');
    expect(await recover()).toMatchObject({ recovered: 0 });
    expect(world.queues.waiting('retries')).toEqual(before);
  });

  test('takes a thousand a call, and says that there are more', async () => {
    world.answers.set(URL, () => answered(400));
    const eventId = await world.rise();
    const activity = activityStore(world.tables);
    const { deliveries } = await world.backend.operator.listDeliveries({ eventId }, { limit: 1 });
    const dead = await activity.trouble(deliveries[0]?.deliveryId ?? '');
    if (!dead) throw new Error('no trouble');
    const row = (await world.tables.query('activity202611', { partition: INSTANCE, where: { kind: 'trouble' } }))
      .rows[0];
    const writes = Array.from({ length: 1_099 }, (_, index) => {
      const nonce = String(index).padStart(16, '0');
      const deliveryId = dead.deliveryId.slice(0, -16) + nonce;
      const rowKey = `${row?.rowKey.slice(0, -16) ?? ''}${nonce}`;
      return { kind: 'insert' as const, row: { ...row?.values, partitionKey: INSTANCE, rowKey, deliveryId } };
    });
    for (let start = 0; start < writes.length; start += 100) {
      const [first, ...rest] = writes.slice(start, start + 100);
      if (first) await world.tables.write('activity202611', [first, ...rest]);
    }
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 1_000, more: true });
    const waiting = world.queues.waiting('retries');
    expect(waiting).toHaveLength(1_000);
    // A tenth of a second between two of them; a message waits for whole seconds.
    expect((waiting.at(-1)?.visibleAt ?? 0) - (waiting[0]?.visibleAt ?? 0)).toBe(100_000);
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 100, more: false });
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
  });

  test('of a subscription that has ended is refused', async () => {
    world.answers.set(URL, () => answered(410));
    await world.rise();
    expect(await recover()).toMatchObject({ code: 'subscription-ended' });
  });

  test.each(['', 'sub_1'])('of the unknown subscription "%s" is refused', async (unknown) => {
    const refused = await world.backend.operator.recover(unknown, { since: ago(0) });
    expect(refused).toMatchObject({ code: 'subscription-unknown' });
  });

  test.each([{}, { since: 'yesterday' }, { since: 5 }, { since: '2026-11-23T10:00:00Z', more: true }, null, []])(
    'refuses the body %j',
    async (body) => {
      expect(await world.backend.operator.recover(id, body)).toMatchObject({ code: 'body-invalid' });
    },
  );

  test.each([{ since: '2016-12-31T23:59:60Z' }, { since: '2020-01-01T00:00:00+01' }])(
    'refuses the instant of %j, which has the format and is none to a clock',
    async (body) => {
      await lose();
      expect(await recover(body)).toMatchObject({ code: 'body-invalid', errors: [{ pointer: '/since' }] });
    },
  );

  test('sends nothing until an instant that is none', async () => {
    await lose();
    const body = { since: '2010-01-01T00:00:00Z', until: '2016-12-31T23:59:60Z' };
    expect(await recover(body)).toMatchObject({ code: 'body-invalid', errors: [{ pointer: '/until' }] });
    expect(world.queues.waiting('retries')).toEqual([]);
  });
});
