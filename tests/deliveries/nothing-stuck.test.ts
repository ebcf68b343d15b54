import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../shared/outgoing/callback-client.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { answered, callbackUrl } from '../helpers/memory-backend.ts';
import { DAY, HOUR, MINUTE, vipWorld, type VipWorld } from '../operations/vip-world.ts';

const URL = callbackUrl('one');
const trigger = 'segment-threshold-crossed';
const off = (): Answer => answered(400, 'WorkflowTriggerIsNotEnabled');
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

async function statusOf(world: VipWorld, id: string): Promise<string> {
  const answer = await world.backend.operator.getSubscription(id);
  return answer.kind === 'found' ? answer.subscription.status : answer.code;
}

async function deliveryStatuses(world: VipWorld): Promise<string[]> {
  const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 100 });
  return deliveries.map(({ status }) => status);
}

describe('a flow that was turned off', () => {
  test('for 2 hours, whose accepted probe was never recorded, is called for the next event after 8 days', async () => {
    const { tables, refuse } = refusing();
    const world = vipWorld({ tables });
    const { id } = await world.flow('one');
    world.answers.set(URL, off);
    await world.rise();
    world.answers.clear();
    refuse((table, { status }) => table === 'subscriptions' && status === 'active');
    await world.pass(2 * HOUR);
    expect(world.calls).toHaveLength(2);
    refuse(() => false);
    await world.clock.advance(8 * DAY);
    await world.rise();
    expect(world.calls).toHaveLength(3);
    expect(await statusOf(world, id)).toBe('active');
  });

  test('and comes back after 6.9 days gets all that waited', async () => {
    const world = vipWorld();
    const { id } = await world.flow('one');
    world.answers.set(URL, off);
    await world.rise();
    await world.pass(3 * DAY);
    await world.rise();
    await world.pass(3.9 * DAY);
    world.answers.clear();
    await world.pass(13 * HOUR);
    expect(await deliveryStatuses(world)).toEqual(['delivered', 'delivered']);
    expect(await statusOf(world, id)).toBe('active');
  });

  test('for 3 days and fails for 4.5 more is not given up, and gets all that waited', async () => {
    const world = vipWorld({ config: { deliveryScheduleSeconds: [5, 30, 300, 1800, 7200, 18_000, 36_000, 36_000] } });
    const { id } = await world.flow('one');
    world.answers.set(URL, off);
    for (let event = 0; event < 12; event++) await world.rise();
    await world.pass(3 * DAY);
    world.answers.set(URL, () => answered(500));
    await world.pass(4.5 * DAY);
    world.answers.set(URL, off);
    await world.pass(DAY);
    expect(await statusOf(world, id)).toBe('paused');
    world.answers.clear();
    await world.pass(13 * HOUR);
    expect(await statusOf(world, id)).toBe('active');
    expect(new Set(await deliveryStatuses(world))).toEqual(new Set(['delivered', 'dead']));
    expect((await deliveryStatuses(world)).filter((status) => status === 'delivered').length).toBeGreaterThan(6);
  });

  test('for 7 days, whenever it is asked, is given up, and what waits for it ends', async () => {
    const world = vipWorld();
    const { id } = await world.flow('one');
    world.answers.set(URL, off);
    await world.rise();
    await world.rise();
    await world.pass(7 * DAY - HOUR);
    expect(await statusOf(world, id)).toBe('paused');
    await world.pass(DAY);
    expect(await statusOf(world, id)).toBe('gone');
    expect(await deliveryStatuses(world)).toEqual(['ended', 'ended']);
    const calls = world.calls.length;
    await world.pass(8 * DAY);
    expect(world.calls).toHaveLength(calls);
  });

  test('with nothing waiting is asked by the next event, and by one of them only', async () => {
    const world = vipWorld();
    await world.flow('one');
    world.answers.set(URL, () => off());
    await world.rise();
    const { deliveries } = await world.backend.operator.listDeliveries({}, { limit: 1 });
    // The delivery that waited is made by the operator, which leaves nothing that waits; the flow stays off for others.
    world.answers.clear();
    await world.backend.operator.redeliver(deliveries[0]?.deliveryId ?? '');
    await world.pass(MINUTE);
    expect(await deliveryStatuses(world)).toEqual(['delivered']);
  });
});

test('what waited for 9 days for a flow that is saved again then goes to the new version', async () => {
  const world = vipWorld();
  await world.flow('one', {}, saver);
  world.answers.set(URL, off);
  await world.rise();
  await world.pass(6 * DAY);
  // Nobody asks it: the app is down.
  await world.clock.advance(3 * DAY);
  await world.flow('two', {}, saver);
  await world.pass(SOON_MS);
  expect(world.calls.at(-1)?.url).toBe(callbackUrl('two'));
  expect(await deliveryStatuses(world)).toEqual(['delivered']);
});

describe('every message that is lost, one after the other', () => {
  /** Fails, is turned off, is saved again, unsubscribes: all kinds of messages. Resolves with what the flows were told in the end. */
  const run = async (lost: number): Promise<{ told: Set<unknown>; sent: number }> => {
    const world = vipWorld();
    let sent = 0;
    const send = world.queues.send.bind(world.queues);
    world.queues.send = (queue, ...rest) => (++sent === lost ? Promise.resolve() : send(queue, ...rest));
    await world.flow('one', {}, saver);
    await world.flow('gone');
    world.answers.set(callbackUrl('gone'), () => answered(503));
    world.answers.set(URL, () => answered(503));
    await world.rise();
    await world.pass(MINUTE);
    world.answers.set(URL, off);
    await world.rise();
    await world.pass(HOUR);
    await world.flow('two', {}, saver);
    await world.pass(SOON_MS);
    await world.rise();
    await world.pass(DAY);
    const accepted = world.calls.filter(({ url }) => url === callbackUrl('two')).map(({ body }) => body['eventId']);
    return { told: new Set(accepted), sent };
  };

  test('costs minutes, and no delivery', async () => {
    const { told, sent } = await run(0);
    expect(told.size).toBe(3);
    expect(sent).toBeGreaterThan(10);
    for (let lost = 1; lost <= sent; lost++) expect({ lost, told: (await run(lost)).told }).toEqual({ lost, told });
  });
});

test('what occurred long before a resume and is found after it goes out within minutes', async () => {
  const world = vipWorld();
  const { id } = await world.flow('one');
  world.answers.set(URL, off);
  await world.rise();
  await world.backend.operator.resumeSubscription(id);
  world.answers.clear();
  // Paused again by one that was in flight; what is reported late was evaluated 20 days ago, by the date that Customer Insights gives.
  world.answers.set(URL, off);
  await world.rise();
  world.answers.clear();
  await world.backend.operator.resumeSubscription(id);
  await world.pass(SOON_MS);
  expect(new Set(await deliveryStatuses(world))).toEqual(new Set(['delivered']));
});

describe('given up half way', () => {
  test('a DELETE leaves nobody who is called, and no place taken', async () => {
    for (let step = 1; step < 12; step++) {
      const { tables, refuse } = refusing();
      const world = vipWorld({ tables, config: { maxSubscriptionsPerConnection: 1 } });
      const { id } = await world.flow('one');
      let writes = 0;
      refuse(() => ++writes >= step);
      const ended = await world.backend.unsubscribe('connection-a', trigger, id).then(
        () => true,
        () => false,
      );
      refuse(() => false);
      if (!ended && (await statusOf(world, id)) !== 'subscription-unknown') continue;
      await world.pass(SOON_MS);
      await world.rise();
      expect({ step, calls: world.calls.length }).toEqual({ step, calls: 0 });
      await world.flow('two');
      if (ended) break;
    }
  });

  test('a subscribe, 100 times at every step, leaves no place taken', async () => {
    const { tables, refuse } = refusing();
    const world = vipWorld({ tables, config: { maxSubscriptionsPerConnection: 100 } });
    for (let attempt = 0; attempt < 100; attempt++) {
      let writes = 0;
      refuse((table) => table !== 'limits' && ++writes > attempt % 8);
      await world.flow(`given-up-${attempt}`).catch(() => undefined);
    }
    refuse(() => false);
    await world.pass(HOUR);
    const { views } = await world.backend.listOwn('connection-a', trigger, { limit: 1000 });
    expect(views.every(({ status }) => status === 'active')).toBe(true);
    for (let made = views.length; made < 100; made++) await world.flow(`made-${made}`);
    await expect(world.flow('one-too-many')).rejects.toThrow('subscriptions-exhausted');
    const rows = await world.tables.query('connections', { partition: 'connection-a', from: 'k:', to: 'k;' });
    expect(rows.rows).toHaveLength(100);
  });
});

test('a subscription whose flow is gone frees its place', async () => {
  const world = vipWorld({ config: { maxSubscriptionsPerConnection: 1 } });
  const { id } = await world.flow('one');
  world.answers.set(URL, () => answered(410));
  await world.rise();
  expect(await statusOf(world, id)).toBe('gone');
  await world.pass(SOON_MS);
  await world.flow('two');
});

test('700 deliveries that waited for a flow go out paced, those of the oldest events first', async () => {
  const world = vipWorld();
  await world.flow('one');
  world.answers.set(URL, off);
  for (let minute = 2; minute < 1_400; minute += 70) {
    const rises = Array.from({ length: 35 }, (_, index) => minute + 2 * index);
    world.data.segments = [segment('vip', ...rises.flatMap((at) => [evaluated(120, at), evaluated(90, at + 1)]))];
    await world.clock.advance(70 * MINUTE);
    await world.poll();
  }
  await world.pass(SOON_MS);
  const parked = world.calls.length;
  world.answers.clear();
  await world.pass(13 * HOUR);
  const told = world.calls.slice(parked).map(({ body }) => String(body['occurredAt']));
  expect(new Set(told).size).toBe(700);
  expect(told.slice(1, 500)).toEqual(told.slice(1, 500).toSorted());
}, 60_000);
