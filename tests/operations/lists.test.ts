import { beforeEach, describe, expect, test } from '@jest/globals';
import type { DeliverySummary } from '../../shared/operations/delivery.ts';
import type { DeliveryFilter } from '../../shared/operations/delivery-filter.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { at, job, task } from '../helpers/insights-data.ts';
import { answered, callbackUrl, INSTANCE } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from './segment-fixture.ts';

let fixture: SegmentFixture;
beforeEach(() => {
  // Pages of real tables may be short: so are these.
  fixture = segmentFixture({ tables: createMemoryTables({ rowsPerScan: 7 }) });
});

/** All pages of a list, each of `limit` at most. */
async function pages<T>(read: (next?: string) => Promise<{ value: T[]; next?: string }>, limit: number): Promise<T[]> {
  const all: T[] = [];
  let next: string | undefined;
  do {
    const page = await read(next);
    expect(page.value.length).toBeLessThanOrEqual(limit);
    all.push(...page.value);
    next = page.next;
  } while (next !== undefined);
  return all;
}

const deliveries = (filter: DeliveryFilter, limit = 100): Promise<DeliverySummary[]> =>
  pages(async (next) => {
    const { deliveries: value, ...more } = await fixture.backend.operator.listDeliveries(filter, {
      limit,
      ...(next !== undefined && { next }),
    });
    return { value, ...more };
  }, limit);

const eventIds = (filter: { sinceMs?: number; instanceId?: string }, limit: number): Promise<string[]> =>
  pages(async (next) => {
    const { events, ...more } = await fixture.backend.operator.listEvents(filter, {
      limit,
      ...(next !== undefined && { next }),
    });
    return { value: events.map(({ eventId }) => eventId), ...more };
  }, limit);

describe('events', () => {
  test('are counted by what became of their deliveries', async () => {
    for (const name of ['fine', 'broken', 'off', 'retried']) await fixture.flow(name);
    fixture.answers.set(callbackUrl('broken'), () => answered(400));
    fixture.answers.set(callbackUrl('off'), () => answered(400, 'WorkflowTriggerIsNotEnabled'));
    fixture.answers.set(callbackUrl('retried'), () => answered(503));
    const eventId = await fixture.rise();
    const { events } = await fixture.backend.operator.listEvents({ instanceId: INSTANCE }, { limit: 10 });
    expect(events).toMatchObject([
      {
        eventId,
        segmentName: 'vip',
        value: 120,
        open: false,
        deliveries: { pending: 0, retrying: 1, parked: 1, delivered: 1, dead: 1, ended: 0 },
      },
    ]);
  });

  test('on their way have pending deliveries, as many as they concern', async () => {
    const ids = await Promise.all(['one', 'two', 'three'].map((name) => fixture.flow(name)));
    await fixture.flow('higher', { threshold: 500 });
    let release: () => void = () => undefined;
    fixture.answers.set(callbackUrl('two'), () => new Promise((resolve) => (release = () => resolve(answered(202)))));
    const rising = fixture.rise();
    await fixture.clock.advance(3_000);
    const [event] = (await fixture.backend.operator.listEvents({}, { limit: 1 })).events;
    expect(event).toMatchObject({ open: true, deliveries: { pending: 1, delivered: 2 } });
    const pending = await deliveries({ status: 'pending' });
    expect(pending).toMatchObject([{ subscriptionId: ids[1]?.id, status: 'pending', attemptCount: 0 }]);
    const found = await fixture.backend.operator.getDelivery(pending[0]?.deliveryId ?? '');
    expect(found).toMatchObject({ kind: 'found', delivery: { status: 'pending', attempts: [] } });
    release();
    await rising;
    expect(await deliveries({ status: 'pending' })).toEqual([]);
  });

  test('are listed newest first over months, each once however short the pages are', async () => {
    await fixture.flow('one');
    const risen: string[] = [];
    for (let count = 0; count < 6; count++) {
      risen.unshift(await fixture.rise());
      await fixture.pass(5 * DAY);
    }
    expect(await fixture.tables.tableNames('activity')).toHaveLength(2);
    for (const limit of [1, 2, 6, 100]) expect(await eventIds({}, limit)).toEqual(risen);
    const all = await fixture.backend.operator.listEvents({}, { limit: 3 });
    const since = Date.parse(all.events[2]?.occurredAt ?? '');
    expect(await eventIds({ sinceMs: since }, 2)).toEqual(risen.slice(0, 3));
    expect(await eventIds({ sinceMs: since + 1 }, 2)).toEqual(risen.slice(0, 2));
  });

  test('of several instances are listed newest first', async () => {
    const other = '99999999-2222-3333-4444-555555555555';
    fixture.insights.hold({
      ...fixture.data,
      instance: { instanceId: other, name: 'Other', instanceType: 'production' },
    });
    await fixture.flow('one');
    await fixture.flow('two', { instanceId: other });
    const risen: string[] = [];
    for (let count = 0; count < 6; count++) {
      const instanceId = count % 2 === 0 ? INSTANCE : other;
      const held = fixture.insights.held.get(instanceId);
      await fixture.rise();
      if (held) held.segments = fixture.data.segments;
      await fixture.backend.pollInstance({ v: 1, instanceId });
      risen.push((await fixture.backend.operator.listEvents({ instanceId }, { limit: 1 })).events[0]?.eventId ?? '');
      await fixture.pass(HOUR);
    }
    const listed = await fixture.backend.operator.listEvents({}, { limit: 100 });
    const times = listed.events.map(({ occurredAt }) => occurredAt);
    expect(new Set(listed.events.map(({ instanceId }) => instanceId))).toEqual(new Set([INSTANCE, other]));
    expect(times).toEqual([...times].sort().reverse());
    expect(await eventIds({}, 2)).toEqual(listed.events.map(({ eventId }) => eventId));
    expect(await eventIds({ instanceId: other }, 1)).toEqual(risen.filter((_, index) => index % 2 === 1).reverse());
  });

  test('of one trigger are found by it', async () => {
    await fixture.flow('one');
    await fixture.rise();
    const { operator } = fixture.backend;
    expect((await operator.listEvents({ trigger: 'full-refresh-completed' }, { limit: 5 })).events).toEqual([]);
    expect((await operator.listEvents({ trigger: 'segment-threshold-crossed' }, { limit: 5 })).events).toHaveLength(1);
  });

  test('show their recipients', async () => {
    await fixture.flow('one');
    const eventId = await fixture.rise();
    expect(await fixture.backend.operator.getEvent(eventId)).toMatchObject({
      kind: 'found',
      event: { eventId, audience: [{ subject: 'vip', thresholdFrom: 90, thresholdBelow: 120 }] },
    });
  });

  test('of a data source concern those who named it and those who named none', async () => {
    const dataSourceId = 'aaaaaaaa-0000-0000-0000-000000000001';
    const common = { name: 'crm', displayName: 'CRM', active: true, refreshState: 'updated', lastRefreshAt: undefined };
    fixture.data.dataSources = [{ dataSourceId, ...common }];
    await fixture.subscribe('data-source-refresh-succeeded', { dataSourceId, callbackUrl: callbackUrl('one') });
    const ended = { endedAt: at(3) };
    fixture.data.jobs = [job({ idList: [dataSourceId], tasks: [task({ friendlyName: 'CRM', ...ended })], ...ended })];
    await fixture.poll();
    const { events } = await fixture.backend.operator.listEvents({}, { limit: 1 });
    expect(await fixture.backend.operator.getEvent(events[0]?.eventId ?? '')).toMatchObject({
      event: { audience: [{ subject: dataSourceId }, { subject: '*' }] },
    });
  });

  test.each(['', 'evt_1', 'evt_2611EREREREiIjMzRFVVVVVVVQ0mhyfa5z0AAAAAAAAAAAAAAAAAAAAA'])(
    'with the id "%s" are unknown',
    async (id) => {
      expect(await fixture.backend.operator.getEvent(id)).toMatchObject({ code: 'event-unknown' });
    },
  );
});

describe('deliveries', () => {
  test('of an event are each listed once, also when pages are short and some were sent again', async () => {
    for (let index = 0; index < 30; index++) await fixture.flow(`s${index}`, { threshold: 90 + index / 100 });
    fixture.answers.set(callbackUrl('s3'), () => answered(400));
    const eventId = await fixture.rise();
    const all = await deliveries({ eventId });
    expect(all).toHaveLength(30);
    const [delivered] = all.filter(({ status }) => status === 'delivered');
    await fixture.backend.operator.redeliver(delivered?.deliveryId ?? '');
    await fixture.pass(MINUTE);
    for (const limit of [1, 7, 30]) {
      const again = await deliveries({ eventId }, limit);
      expect(again.map(({ deliveryId }) => deliveryId)).toEqual(all.map(({ deliveryId }) => deliveryId));
    }
    const counted = await fixture.backend.operator.getEvent(eventId);
    expect(counted).toMatchObject({ event: { deliveries: { delivered: 29, dead: 1 } } });
    expect((await deliveries({ eventId, status: 'dead' }, 3)).map(({ code }) => code)).toEqual(['http-400']);
  });

  test('of a subscription are found through the events of its subject, newest first', async () => {
    const { id } = await fixture.flow('one');
    await fixture.flow('two');
    await fixture.flow('higher', { threshold: 500 });
    const risen = [await fixture.rise(), await fixture.rise(), await fixture.rise()].reverse();
    const own = await deliveries({ subscriptionId: id }, 2);
    expect(own.map(({ eventId }) => eventId)).toEqual(risen);
    expect(new Set(own.map(({ subscriptionId }) => subscriptionId))).toEqual(new Set([id]));
    const urls = fixture.calls.filter(({ url }) => url === callbackUrl('one'));
    expect(own.map(({ deliveryId }) => deliveryId).reverse()).toEqual(urls.map(({ body }) => body['deliveryId']));
  });

  test('of a status are found over all events', async () => {
    await fixture.flow('fine');
    const { id } = await fixture.flow('broken');
    fixture.answers.set(callbackUrl('broken'), () => answered(400));
    await fixture.rise();
    await fixture.rise();
    const dead = await deliveries({ status: 'dead' }, 1);
    expect(dead).toMatchObject([
      { subscriptionId: id, status: 'dead', code: 'http-400', attemptCount: 1, trigger: 'segment-threshold-crossed' },
      { subscriptionId: id, status: 'dead' },
    ]);
    expect(dead[0]?.occurredAt.localeCompare(dead[1]?.occurredAt ?? '')).toBe(1);
    expect(await deliveries({ status: 'delivered' }, 1)).toHaveLength(2);
    expect(await deliveries({}, 1)).toHaveLength(4);
    expect(await deliveries({}, 3)).toHaveLength(4);
  });

  test('that are retried have their attempts, and when the next is due', async () => {
    await fixture.flow('one');
    fixture.answers.set(callbackUrl('one'), () => answered(503));
    await fixture.rise();
    await fixture.pass(5_000);
    const [summary] = await deliveries({ status: 'retrying' });
    expect(summary).toMatchObject({ attemptCount: 2 });
    expect(summary).not.toHaveProperty('attempts');
    expect(await deliveries({ withAttempts: true })).toMatchObject([{ attempts: [{ number: 1 }, { number: 2 }] }]);
    const found = await fixture.backend.operator.getDelivery(summary?.deliveryId ?? '');
    const second = new Date(fixture.clock.now()).toISOString();
    expect(found).toMatchObject({
      delivery: {
        status: 'retrying',
        attempts: [
          { number: 1, status: 503, code: 'http-503', durationMs: 5 },
          { number: 2, at: second, code: 'http-503' },
        ],
        nextAttemptAt: new Date(fixture.clock.now() + 30_000).toISOString(),
      },
    });
  });

  test('that succeeded at once have their one attempt', async () => {
    await fixture.flow('one');
    const eventId = await fixture.rise();
    const [summary] = await deliveries({ eventId });
    const found = await fixture.backend.operator.getDelivery(summary?.deliveryId ?? '');
    expect(found).toMatchObject({ delivery: { status: 'delivered', attempts: [{ number: 1, status: 202 }] } });
    expect(found).not.toHaveProperty('delivery.nextAttemptAt');
  });

  test('that there are not are unknown', async () => {
    const { id } = await fixture.flow('one');
    await fixture.rise();
    const [own] = await deliveries({ subscriptionId: id });
    const other = `${own?.deliveryId.slice(0, -1) ?? ''}!`;
    for (const deliveryId of ['', 'dlv_', other, own?.deliveryId.replace(/.$/, 'x') ?? '']) {
      expect(await fixture.backend.operator.getDelivery(deliveryId)).toMatchObject({ code: 'delivery-unknown' });
    }
  });
});

test.each(['x', '!', 'dlv_.', '000000000AAAAAAAAAAAAAAAAAAAAAA!x'])('no page ends with "%s"', async (next) => {
  const { operator } = fixture.backend;
  await fixture.flow('one');
  const eventId = await fixture.rise();
  const page = { limit: 5, next };
  await expect(operator.listEvents({}, page)).rejects.toThrow(RangeError);
  for (const filter of [{}, { eventId }, { status: 'dead' as const }]) {
    await expect(operator.listDeliveries(filter, page)).rejects.toThrow(RangeError);
  }
});
