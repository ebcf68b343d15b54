import { describe, expect, test } from '@jest/globals';
import type { CallbackResponse } from '../../shared/outgoing/callback-client.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, segmentFixture, type SegmentFixture } from '../operations/segment-fixture.ts';

const URL = callbackUrl('one');
const trigger = 'segment-threshold-crossed';
const off = (): CallbackResponse => answered(400, 'WorkflowTriggerIsNotEnabled');
/** A pass of the reconciler, a message that it takes for lost, and its round. */
const SOON_MS = 10 * MINUTE;
const saver: Partial<Subscriber> = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses' };

type Stored = Record<string, unknown>;

/** Tables in memory that refuse a write when `refuses` says so. */
function refusing(): {
  tables: Tables;
  refuse: (refuses: (table: string, row: Stored) => boolean) => void;
} {
  const tables = createMemoryTables();
  let refuses: (table: string, row: Stored) => boolean = () => false;
  return {
    tables: {
      ...tables,
      write: (table, writes) =>
        writes.some(({ row }) => refuses(table, { ...row }))
          ? Promise.reject(new StorageError('write', 'unreached'))
          : tables.write(table, writes),
    },
    refuse: (next) => void (refuses = next),
  };
}

async function statusOf(fixture: SegmentFixture, id: string): Promise<string> {
  const answer = await fixture.backend.operator.getSubscription(id);
  return answer.kind === 'found' ? answer.subscription.status : answer.code;
}

async function deliveryStatuses(fixture: SegmentFixture): Promise<string[]> {
  const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 100 });
  return deliveries.map(({ status }) => status);
}

describe('a flow that was turned off', () => {
  test('for 2 hours, whose accepted probe was never recorded, is called for the next event after 8 days', async () => {
    const { tables, refuse } = refusing();
    const fixture = segmentFixture({ tables });
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, off);
    await fixture.rise();
    fixture.answers.clear();
    refuse((table, { status }) => table === 'subscriptions' && status === 'active');
    await fixture.pass(2 * HOUR);
    expect(fixture.calls).toHaveLength(2);
    refuse(() => false);
    await fixture.clock.advance(8 * DAY);
    await fixture.rise();
    expect(fixture.calls).toHaveLength(3);
    expect(await statusOf(fixture, id)).toBe('active');
  });

  test('and comes back after 6.9 days gets all that waited', async () => {
    const fixture = segmentFixture();
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, off);
    await fixture.rise();
    await fixture.pass(3 * DAY);
    await fixture.rise();
    await fixture.pass(3.9 * DAY);
    fixture.answers.clear();
    await fixture.pass(13 * HOUR);
    expect(await deliveryStatuses(fixture)).toEqual(['delivered', 'delivered']);
    expect(await statusOf(fixture, id)).toBe('active');
  });

  test('for 3 days and fails for 4.5 more is not given up, and gets all that waited', async () => {
    const fixture = segmentFixture({
      config: { deliveryScheduleSeconds: [5, 30, 300, 1800, 7200, 18_000, 36_000, 36_000] },
    });
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, off);
    for (let event = 0; event < 12; event++) await fixture.rise();
    await fixture.pass(3 * DAY);
    fixture.answers.set(URL, () => answered(500));
    await fixture.pass(4.5 * DAY);
    fixture.answers.set(URL, off);
    await fixture.pass(DAY);
    expect(await statusOf(fixture, id)).toBe('paused');
    fixture.answers.clear();
    await fixture.pass(13 * HOUR);
    expect(await statusOf(fixture, id)).toBe('active');
    expect(new Set(await deliveryStatuses(fixture))).toEqual(new Set(['delivered', 'dead']));
    expect((await deliveryStatuses(fixture)).filter((status) => status === 'delivered').length).toBeGreaterThan(6);
  });

  test('for 7 days, whenever it is asked, is given up, and what waits for it ends', async () => {
    const fixture = segmentFixture();
    const { id } = await fixture.flow('one');
    fixture.answers.set(URL, off);
    await fixture.rise();
    await fixture.rise();
    await fixture.pass(7 * DAY - HOUR);
    expect(await statusOf(fixture, id)).toBe('paused');
    await fixture.pass(DAY);
    expect(await statusOf(fixture, id)).toBe('gone');
    expect(await deliveryStatuses(fixture)).toEqual(['ended', 'ended']);
    const calls = fixture.calls.length;
    await fixture.pass(8 * DAY);
    expect(fixture.calls).toHaveLength(calls);
  });

  test('with nothing waiting is asked by the next event, and by one of them only', async () => {
    const fixture = segmentFixture();
    await fixture.flow('one');
    fixture.answers.set(URL, () => off());
    await fixture.rise();
    const { deliveries } = await fixture.backend.operator.listDeliveries({}, { limit: 1 });
    // The delivery that waited is made by the operator, which leaves nothing that waits; the flow
    // stays off for others.
    fixture.answers.clear();
    await fixture.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await fixture.pass(MINUTE);
    expect(await deliveryStatuses(fixture)).toEqual(['delivered']);
  });
});

test('what waited for 9 days for a flow that is saved again then goes to the new version', async () => {
  const fixture = segmentFixture();
  await fixture.flow('one', {}, saver);
  fixture.answers.set(URL, off);
  await fixture.rise();
  await fixture.pass(6 * DAY);
  // Nobody asks it: the app is down.
  await fixture.clock.advance(3 * DAY);
  await fixture.flow('two', {}, saver);
  await fixture.pass(SOON_MS);
  expect(fixture.calls.at(-1)?.url).toBe(callbackUrl('two'));
  expect(await deliveryStatuses(fixture)).toEqual(['delivered']);
});

describe('every message that is lost, one after the other', () => {
  /**
   * Fails, is turned off, is saved again, unsubscribes: all kinds of messages. Resolves with the
   * events that the flows accepted.
   */
  const run = async (lost: number): Promise<{ notified: Set<unknown>; sent: number }> => {
    const fixture = segmentFixture();
    let sent = 0;
    const send = fixture.queues.send.bind(fixture.queues);
    fixture.queues.send = (queue, ...rest) => (++sent === lost ? Promise.resolve() : send(queue, ...rest));
    await fixture.flow('one', {}, saver);
    await fixture.flow('gone');
    fixture.answers.set(callbackUrl('gone'), () => answered(503));
    fixture.answers.set(URL, () => answered(503));
    await fixture.rise();
    await fixture.pass(MINUTE);
    fixture.answers.set(URL, off);
    await fixture.rise();
    await fixture.pass(HOUR);
    await fixture.flow('two', {}, saver);
    await fixture.pass(SOON_MS);
    await fixture.rise();
    await fixture.pass(DAY);
    const accepted = fixture.calls.filter(({ url }) => url === callbackUrl('two')).map(({ body }) => body['eventId']);
    return { notified: new Set(accepted), sent };
  };

  test('costs minutes, and no delivery', async () => {
    const { notified, sent } = await run(0);
    expect(notified.size).toBe(3);
    expect(sent).toBeGreaterThan(10);
    for (let lost = 1; lost <= sent; lost++)
      expect({ lost, notified: (await run(lost)).notified }).toEqual({ lost, notified });
  });
});

test('what waits for a resume whose message is lost goes out within minutes', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow('one');
  await fixture.backend.operator.pauseSubscription(id);
  await fixture.rise();
  // The reconciler finds the subscription disabled, and reads it again in days.
  await fixture.pass(HOUR);
  const send = fixture.queues.send.bind(fixture.queues);
  fixture.queues.send = () => Promise.resolve();
  await fixture.backend.operator.resumeSubscription(id);
  fixture.queues.send = send;
  await fixture.pass(SOON_MS);
  expect(await deliveryStatuses(fixture)).toEqual(['delivered']);
});

test('what occurred long before a resume and is found after it goes out within minutes', async () => {
  const fixture = segmentFixture();
  const { id } = await fixture.flow('one');
  fixture.answers.set(URL, off);
  await fixture.rise();
  await fixture.backend.operator.resumeSubscription(id);
  fixture.answers.clear();
  // Paused again by one that was in flight; what is reported late was evaluated 20 days ago, by the
  // date that Customer Insights gives.
  fixture.answers.set(URL, off);
  await fixture.rise();
  fixture.answers.clear();
  await fixture.backend.operator.resumeSubscription(id);
  await fixture.pass(SOON_MS);
  expect(new Set(await deliveryStatuses(fixture))).toEqual(new Set(['delivered']));
});

describe('given up half way', () => {
  test('a DELETE leaves no flow that is called, and no entry in the count', async () => {
    for (let step = 1; step < 12; step++) {
      const { tables, refuse } = refusing();
      const fixture = segmentFixture({ tables, config: { maxSubscriptionsPerConnection: 1 } });
      const { id } = await fixture.flow('one');
      let writes = 0;
      refuse(() => ++writes >= step);
      const ended = await fixture.backend.unsubscribe('connection-a', trigger, id).then(
        () => true,
        () => false,
      );
      refuse(() => false);
      if (!ended && (await statusOf(fixture, id)) !== 'subscription-unknown') continue;
      await fixture.pass(SOON_MS);
      await fixture.rise();
      expect({ step, calls: fixture.calls.length }).toEqual({ step, calls: 0 });
      await fixture.flow('two');
      if (ended) break;
    }
  });

  test('a subscribe, 100 times at every step, leaves no entry in the count', async () => {
    const { tables, refuse } = refusing();
    const fixture = segmentFixture({ tables, config: { maxSubscriptionsPerConnection: 100 } });
    for (let attempt = 0; attempt < 100; attempt++) {
      let writes = 0;
      refuse((table) => table !== 'limits' && ++writes > attempt % 8);
      await fixture.flow(`given-up-${attempt}`).catch(() => undefined);
    }
    refuse(() => false);
    await fixture.pass(HOUR);
    const { views } = await fixture.backend.listOwn('connection-a', trigger, { limit: 1000 });
    expect(views.every(({ status }) => status === 'active')).toBe(true);
    for (let made = views.length; made < 100; made++) await fixture.flow(`made-${made}`);
    await expect(fixture.flow('one-too-many')).rejects.toThrow('subscriptions-exhausted');
    const rows = await fixture.tables.query('connections', { partition: 'connection-a', from: 'k:', to: 'k;' });
    expect(rows.rows).toHaveLength(100);
  });
});

test('a subscription whose flow is gone no longer counts', async () => {
  const fixture = segmentFixture({ config: { maxSubscriptionsPerConnection: 1 } });
  const { id } = await fixture.flow('one');
  fixture.answers.set(URL, () => answered(410));
  await fixture.rise();
  expect(await statusOf(fixture, id)).toBe('gone');
  await fixture.pass(SOON_MS);
  await fixture.flow('two');
});

test('700 deliveries that waited for a flow go out paced, those of the oldest events first', async () => {
  const fixture = segmentFixture();
  await fixture.flow('one');
  fixture.answers.set(URL, off);
  for (let minute = 2; minute < 1_400; minute += 70) {
    const rises = Array.from({ length: 35 }, (_, index) => minute + 2 * index);
    fixture.data.segments = [segment('vip', ...rises.flatMap((at) => [evaluated(120, at), evaluated(90, at + 1)]))];
    await fixture.clock.advance(70 * MINUTE);
    await fixture.poll();
  }
  await fixture.pass(SOON_MS);
  const parked = fixture.calls.length;
  fixture.answers.clear();
  await fixture.pass(13 * HOUR);
  const notified = fixture.calls.slice(parked).map(({ body }) => String(body['occurredAt']));
  expect(new Set(notified).size).toBe(700);
  expect(notified.slice(1, 500)).toEqual(notified.slice(1, 500).toSorted());
}, 60_000);
