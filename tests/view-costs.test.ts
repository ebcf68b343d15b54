import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { MAX_INSTANCES } from '../shared/operations/covered-instances.ts';
import { createMemoryTables } from '../shared/storage/memory-tables.ts';
import type { Write } from '../shared/storage/tables.ts';
import { formatSubscriptionId } from '../shared/subscriptions/subscription-id.ts';
import type { NewSubscription } from '../shared/subscriptions/subscription.ts';
import { INSTANCES_TABLE } from '../shared/subscriptions/instance-registry.ts';
import { subjectHash } from '../shared/triggers/subject.ts';
import { countedRows, countedTables, countLengths, type StorageCalls } from './helpers/counted-storage.ts';
import { evaluated, segment } from './helpers/insights-data.ts';
import { insertDeliveries, rowKeyAt, writeAll } from './helpers/many-deliveries.ts';
import { insertSubscriptions } from './helpers/many-subscriptions.ts';
import { tableRows } from './helpers/markdown.ts';
import { callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from './helpers/memory-backend.ts';

interface Cost {
  readonly requests: number;
  readonly rows: number;
}

/** What a call of the operator API costs. */
interface Fixture {
  readonly memory: MemoryBackend;
  cost(view: View): Promise<Cost>;
}

type View = (operator: MemoryBackend['backend']['operator'], ids: Ids, backend: MemoryBackend['backend']) => unknown;

interface Ids {
  readonly subscriptionId: string;
  readonly deliveryId: string;
}

const DAY = 86_400_000;
const numberOf = (cell = ''): number => Number(cell.replaceAll(',', ''));
const documented = new Map(
  tableRows(readFileSync('docs/architecture.md', 'utf8'), 'view').map(([view = '', requests, rows]): [string, Cost] => [
    view,
    { requests: numberOf(requests), rows: numberOf(rows) },
  ]),
);
const page = { limit: 100 };
const week = { sinceMs: Date.parse('2026-11-16T10:00:00Z') };

/** Of a hundred subscriptions one fails, one is paused and one is disabled. */
const troubles: readonly Partial<NewSubscription>[] = [
  { failingSince: '2026-11-22T10:00:00.000Z' },
  { status: 'paused', pausedSince: '2026-11-22T10:00:00.000Z' },
  { status: 'disabled' },
];

/** Each view of the dashboard, as one or several calls of the operator API. */
const ofOneInstance: Readonly<Record<string, View>> = {
  'overview: what changed': (operator) => operator.changes({ withPolls: true }),
  'overview: instances and their call limits': (operator) => operator.listInstances(page),
  'overview: deliveries of seven days': (operator) => operator.activity({ hours: 168 }),
  'overview: queues': (operator) => operator.queues(),
  'overview: failing subscriptions': (operator) => operator.listSubscriptions({ failing: true }, page),
  'overview: disabled subscriptions': (operator) => operator.listSubscriptions({ status: 'disabled' }, page),
  'overview: paused subscriptions': (operator) => operator.listSubscriptions({ status: 'paused' }, page),
  subscriptions: (operator) => operator.listSubscriptions({}, page, { withActivity: true }),
  'subscriptions, sorted': (operator) =>
    operator.listSubscriptions({}, page, { withActivity: true, sort: { column: 'createdAt', descending: true } }),
  'subscriptions, by a label that none has': (operator) => operator.listSubscriptions({ label: 'nothing' }, page),
  'subscription: what changed': (operator, { subscriptionId }) => operator.subscriptionChange(subscriptionId),
  'subscription, with its limits': (operator, { subscriptionId }) => operator.getSubscription(subscriptionId),
  'subscription: its values': (operator, { subscriptionId }) => operator.observations(subscriptionId, 7),
  'subscription: its deliveries': (operator, { subscriptionId }) =>
    operator.listDeliveries({ subscriptionId, ...week }, page),
  'dead deliveries': (operator) => operator.listDeliveries({ status: 'dead', ...week }, page),
  'parked deliveries': (operator) => operator.listDeliveries({ status: 'parked', ...week }, page),
  'dead deliveries, by a code that none has': (operator) =>
    operator.listDeliveries({ status: 'dead', code: 'http-418', ...week }, page),
  'dead deliveries, by a text that none has': (operator) =>
    operator.listDeliveries({ status: 'dead', text: 'nothing', ...week }, page),
  'all deliveries, also as CSV': (operator) => operator.listDeliveries({ withAttempts: true, ...week }, page),
  'all deliveries, by a text that none has': (operator) => operator.listDeliveries({ text: 'nothing', ...week }, page),
  'one delivery': (operator, { deliveryId }) => operator.getDelivery(deliveryId),
  events: (operator) => operator.listEvents({}, page),
  'search, by a text that nothing has': (operator) => operator.search('nothing'),
  'search, by an id': (operator, { deliveryId }) => operator.search(deliveryId),
  recoveries: (operator) => operator.listRecoveries(page),
  audit: (_operator, _ids, { audit }) => audit.list({}, page),
};

/** The views that cover several instances. */
const ofAllInstances: Readonly<Record<string, View>> = {
  'many instances: what changed': (operator) => operator.changes({ withPolls: true }),
  'many instances: instances and their call limits': (operator) => operator.listInstances(page),
  'many instances: deliveries of seven days': (operator) => operator.activity({ hours: 168 }),
  'many instances: dead deliveries': (operator) => operator.listDeliveries({ status: 'dead', ...week }, page),
  'many instances: all deliveries': (operator) => operator.listDeliveries(week, page),
  'many instances: events': (operator) => operator.listEvents({}, page),
};

/** A backend that counts what its operator API asks of storage. */
function fixtureOf(ids: () => Ids): Fixture {
  const calls: StorageCalls = [];
  const rows = { count: 0 };
  const tables = countedRows(countedTables(createMemoryTables(), calls), rows);
  const memory = memoryBackend({ tables, config: { rateLimit: { calls: 10_000, windowSeconds: 60 } } });
  countLengths(memory.queues, calls);
  return {
    memory,
    async cost(view) {
      calls.length = 0;
      rows.count = 0;
      await view(memory.backend.operator, ids(), memory.backend);
      return { requests: calls.length, rows: rows.count };
    },
  };
}

async function costsOf(views: Readonly<Record<string, View>>, fixture: Fixture): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost>();
  for (const [name, view] of Object.entries(views)) costs.set(name, await fixture.cost(view));
  return costs;
}

describe('the views of one instance', () => {
  let ids: Ids = { subscriptionId: '', deliveryId: '' };
  let subscriptions = 0;
  const fixture = fixtureOf(() => ids);
  const { memory } = fixture;
  let before: Map<string, Cost>;
  let after: Map<string, Cost>;

  async function add(deliveries: number, newSubscriptions: number, days: readonly [number, number]): Promise<void> {
    await insertSubscriptions(memory.tables, {
      instanceId: INSTANCE,
      trigger: 'segment-threshold-crossed',
      name: 'vip',
      thresholds: Array.from({ length: newSubscriptions }, (_, index) => subscriptions + index + 1),
      callbackUrl: (index) => callbackUrl(`many${subscriptions + index}`),
      encryptionKey: Buffer.alloc(32, 7),
      change: (index) => troubles[index % 100] ?? {},
    });
    subscriptions += newSubscriptions;
    const [fromMs, toMs] = days.map((day) => memory.clock.now() - day * DAY) as [number, number];
    const segmentOf = { instanceId: INSTANCE, segmentName: 'vip', subscriptions: newSubscriptions };
    const { deadDeliveryId } = await insertDeliveries(memory.tables, { ...segmentOf, deliveries, fromMs, toMs });
    ids = { ...ids, deliveryId: deadDeliveryId };
  }

  beforeAll(async () => {
    memory.data.segments = [segment('vip', evaluated(1, 1))];
    const own = { segmentName: 'vip', threshold: 0.5, callbackUrl: callbackUrl('own') };
    await memory.subscribe('segment-threshold-crossed', own);
    const subject = { instanceId: INSTANCE, trigger: 'segment-threshold-crossed', name: 'vip' } as const;
    const address = { ...subject, subjectHash: subjectHash(subject), rowKey: rowKeyAt(0) };
    ids = { subscriptionId: formatSubscriptionId(address), deliveryId: '' };

    for (let entry = 0; entry < 200; entry++)
      await memory.backend.audit.begin({ operator: 'anna', action: 'ManageSubscriptions-pause' });
    await add(60_000, 12_000, [3, 0]);
    // The first call to Customer Insights reads the row of the call limit.
    await memory.backend.operator.observations(ids.subscriptionId, 7);
    before = await costsOf(ofOneInstance, fixture);
    await add(60_000, 12_000, [6.9, 3]);
    after = await costsOf(ofOneInstance, fixture);
  });

  test.each(Object.keys(ofOneInstance))('%s', (view) => {
    expect(after.get(view)).toEqual(documented.get(view));
    expect(after.get(view)).toEqual(before.get(view));
  });
});

describe('the views of many instances', () => {
  const fixture = fixtureOf(() => ({ subscriptionId: '', deliveryId: '' }));
  let after: Map<string, Cost>;
  let before: Map<string, Cost>;

  async function register(first: number, count: number): Promise<void> {
    const rows = Array.from({ length: count }, (_, index): Write => {
      const rowKey = `00000000-0000-4000-a000-${String(first + index).padStart(12, '0')}`;
      return { kind: 'upsert', row: { partitionKey: 'instances', rowKey, v: 1 } };
    });
    await writeAll(fixture.memory.tables, INSTANCES_TABLE, rows);
  }

  beforeAll(async () => {
    const { clock, tables } = fixture.memory;
    const segmentOf = { instanceId: INSTANCE, segmentName: 'vip', subscriptions: 10 };
    const range = { fromMs: clock.now() - DAY, toMs: clock.now() };
    await insertDeliveries(tables, { ...segmentOf, deliveries: 100, ...range });
    await register(0, MAX_INSTANCES);
    before = await costsOf(ofAllInstances, fixture);
    await register(MAX_INSTANCES, 50_000 - MAX_INSTANCES);
    after = await costsOf(ofAllInstances, fixture);
  });

  test.each(Object.keys(ofAllInstances))('%s', (view) => {
    expect(after.get(view)).toEqual(documented.get(view));
    // The 101st instance is read to learn that there are more than a hundred.
    const { requests = 0, rows = 0 } = before.get(view) ?? {};
    expect(after.get(view)).toEqual({ requests, rows: rows + 1 });
  });

  test('say that there are others', async () => {
    const { operator } = fixture.memory.backend;
    expect(await operator.changes()).toMatchObject({ more: true });
    expect(await operator.activity({ hours: 1 })).toMatchObject({ more: true });
    expect(await operator.listDeliveries({ status: 'dead' }, page)).toMatchObject({ more: true });
    expect(await operator.listDeliveries({}, page)).toMatchObject({ more: true });
    expect(await operator.listEvents({}, page)).toMatchObject({ more: true });
    const named = { instanceId: INSTANCE };
    expect(await operator.listDeliveries(named, page)).not.toHaveProperty('more');
    expect(await operator.activity({ ...named, hours: 1 })).not.toHaveProperty('more');
  });

  test('list all instances, page by page', async () => {
    const found: string[] = [];
    let next: string | undefined;
    do {
      const listed = await fixture.memory.backend.operator.listInstances({
        ...page,
        ...(next !== undefined && { next }),
      });
      found.push(...listed.instances.map(({ instanceId }) => instanceId));
      next = listed.next;
    } while (next !== undefined && found.length < 250);
    expect(new Set(found).size).toBe(300);
    expect(found).toEqual(found.toSorted());
    await expect(fixture.memory.backend.operator.listInstances({ limit: 1, next: 'x' })).rejects.toThrow(RangeError);
  });
});

test('the table of views has no other rows', () => {
  expect([...documented.keys()]).toEqual([...Object.keys(ofOneInstance), ...Object.keys(ofAllInstances)]);
});
