import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliveryStatus } from '../../shared/operations/delivery.ts';
import { activityStore } from '../../shared/deliveries/records/activity-store.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

const URL = callbackUrl('one');
let fixture: SegmentFixture;
let id: string;
beforeEach(async () => {
  fixture = segmentFixture();
  ({ id } = await fixture.flow('one'));
});

const ago = (ms: number): string => new Date(fixture.clock.now() - ms).toISOString();
const recover = (body: object = { since: ago(30 * DAY) }): Promise<unknown> =>
  fixture.backend.operator.recover(id, body);
const statuses = async (): Promise<DeliveryStatus[]> => {
  const { deliveries } = await fixture.backend.operator.listDeliveries({ subscriptionId: id }, { limit: 100 });
  return deliveries.map(({ status }) => status);
};

/** One delivery is dead. */
const lose = async (): Promise<void> => {
  fixture.answers.set(URL, () => answered(400));
  await fixture.rise();
};

describe('recover', () => {
  test('sends again what is dead, each once under its own id, one after the other', async () => {
    for (let count = 0; count < 3; count++) await lose();
    const lost = fixture.calls.map(({ body }) => body['deliveryId']);
    fixture.answers.delete(URL);
    fixture.calls.length = 0;
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 3, more: false });
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
    const due = fixture.queues.waiting('retries').map(({ visibleAt }) => visibleAt);
    expect(due).toHaveLength(3);
    await fixture.pass(MINUTE);
    expect(fixture.calls.map(({ body }) => body['deliveryId']).sort()).toEqual(lost.sort());
    expect(await statuses()).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
  });

  test('whose message was lost is repeated by nobody: the reconciler sends it', async () => {
    await lose();
    fixture.answers.delete(URL);
    fixture.calls.length = 0;
    expect(await recover()).toMatchObject({ recovered: 1 });
    await fixture.clock.advance(10_000);
    const message = fixture.queues.receive('retries', fixture.clock.now());
    if (message === undefined) throw new Error('there is no message to lose');
    fixture.queues.delete('retries', message);
    expect(await recover()).toMatchObject({ recovered: 0 });
    await fixture.clock.advance(MINUTE);
    expect(await recover()).toMatchObject({ recovered: 0 });
    await fixture.pass(10 * MINUTE);
    expect(fixture.calls).toHaveLength(1);
    expect(await statuses()).toEqual(['delivered']);
  });

  test('sends what is parked for a disabled subscription, which stays disabled', async () => {
    fixture.answers.set(URL, () => answered(500));
    await fixture.failForDays();
    await fixture.rise();
    expect(await statuses()).toEqual(['parked', 'dead', 'dead']);
    fixture.answers.delete(URL);
    expect(await recover()).toMatchObject({ recovered: 3 });
    await fixture.pass(MINUTE);
    expect(await statuses()).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await fixture.backend.operator.getSubscription(id)).toMatchObject({ subscription: { status: 'disabled' } });
  });

  test('keeps to its range, both ends included', async () => {
    fixture.answers.set(URL, () => answered(400));
    for (let count = 0; count < 4; count++) {
      await fixture.rise();
      await fixture.pass(DAY);
    }
    const { events } = await fixture.backend.operator.listEvents({}, { limit: 4 });
    const [, third, second] = events.map(({ occurredAt }) => occurredAt);
    fixture.answers.delete(URL);
    expect(await recover({ since: second, until: third })).toMatchObject({ recovered: 2, more: false });
    await fixture.pass(MINUTE);
    expect(await statuses()).toEqual(['dead', 'delivered', 'delivered', 'dead']);
  });

  test('touches neither what is retrying, nor the deliveries of others', async () => {
    await fixture.flow('two');
    fixture.answers.set(URL, () => answered(503));
    fixture.answers.set(callbackUrl('two'), () => answered(400));
    await fixture.rise();
    const before = fixture.queues.waiting('retries');
    expect(await recover()).toMatchObject({ recovered: 0 });
    expect(fixture.queues.waiting('retries')).toEqual(before);
  });

  test('takes a thousand a call, and says that there are more', async () => {
    fixture.answers.set(URL, () => answered(400));
    const eventId = await fixture.rise();
    const activity = activityStore(fixture.tables);
    const { deliveries } = await fixture.backend.operator.listDeliveries({ eventId }, { limit: 1 });
    const dead = await activity.record(deliveries[0]?.deliveryId ?? '');
    if (!dead) throw new Error('no delivery record');
    const row = (await fixture.tables.query('activity202611', { partition: INSTANCE, where: { kind: 'trouble' } }))
      .rows[0];
    const writes = Array.from({ length: 1_099 }, (_, index) => {
      const nonce = String(index).padStart(16, '0');
      const deliveryId = dead.deliveryId.slice(0, -16) + nonce;
      const rowKey = `${row?.rowKey.slice(0, -16) ?? ''}${nonce}`;
      return { kind: 'insert' as const, row: { ...row?.values, partitionKey: INSTANCE, rowKey, deliveryId } };
    });
    for (let start = 0; start < writes.length; start += 100) {
      const [first, ...rest] = writes.slice(start, start + 100);
      if (first) await fixture.tables.write('activity202611', [first, ...rest]);
    }
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 1_000, more: true });
    const waiting = fixture.queues.waiting('retries');
    expect(waiting).toHaveLength(1_000);
    // A tenth of a second between two of them; a message waits for whole seconds.
    expect((waiting.at(-1)?.visibleAt ?? 0) - (waiting[0]?.visibleAt ?? 0)).toBe(100_000);
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 100, more: false });
    expect(await recover()).toEqual({ kind: 'recovered', recovered: 0, more: false });
  });

  test('of a subscription that has ended is refused', async () => {
    fixture.answers.set(URL, () => answered(410));
    await fixture.rise();
    expect(await recover()).toMatchObject({ code: 'subscription-ended' });
  });

  test.each(['', 'sub_1'])('of the unknown subscription "%s" is refused', async (unknown) => {
    const refused = await fixture.backend.operator.recover(unknown, { since: ago(0) });
    expect(refused).toMatchObject({ code: 'subscription-unknown' });
  });

  test.each([{}, { since: 'yesterday' }, { since: 5 }, { since: '2026-11-23T10:00:00Z', more: true }, null, []])(
    'refuses the body %j',
    async (body) => {
      expect(await fixture.backend.operator.recover(id, body)).toMatchObject({ code: 'body-invalid' });
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
    expect(fixture.queues.waiting('retries')).toEqual([]);
  });
});
