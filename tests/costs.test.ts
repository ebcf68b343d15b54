import { readFileSync } from 'node:fs';
import { beforeEach, expect, test } from '@jest/globals';
import { createMemoryTables } from '../shared/storage/memory-tables.ts';
import type { SubscriptionView } from '../shared/subscriptions/subscription-view.ts';
import { countedTables, countSends, type StorageCalls } from './helpers/counted-storage.ts';
import { evaluated, segment } from './helpers/insights-data.ts';
import { tableRows } from './helpers/markdown.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend, type MemoryBackend } from './helpers/memory-backend.ts';

const documented = new Map(
  tableRows(readFileSync('docs/architecture.md', 'utf8'), 'step').map(([step, requests]) => [step, Number(requests)]),
);
const trigger = 'segment-threshold-crossed';
const flow = { workflowId: 'a-flow', operationName: 'When_a_segment_crosses', environmentId: 'an-environment' };
const calls: StorageCalls = [];
let fixture: MemoryBackend;
let minute: number;

beforeEach(async () => {
  // A limit that costs what it costs, and that no step reaches.
  const rateLimit = { calls: 10_000, windowSeconds: 60 };
  const tables = countedTables(createMemoryTables(), calls);
  fixture = memoryBackend({ tables, config: { rateLimit }, isReconciling: false });
  countSends(fixture.queues, calls);
  minute = 0;
  reach(0);
  await subscribe('far', 1_000_000);
  // From here on this process knows that it is the only one that calls the instance.
  await pollOnly();
});

/** The segment has this many members at its next evaluation. */
function reach(memberCount: number): void {
  fixture.data.segments = [segment('vip', evaluated(memberCount, ++minute))];
}

function subscribe(name: string, threshold: number, subscriber = {}): Promise<SubscriptionView> {
  const input = { segmentName: 'vip', threshold, callbackUrl: callbackUrl(name) };
  return fixture.subscribe(trigger, input, subscriber);
}

async function subscribeMany(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await subscribe(`flow-${index}`, 100);
}

const pollOnly = (): Promise<void> => fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE });
const unsubscribe = (id: string): Promise<void> => fixture.backend.unsubscribe('connection-a', trigger, id);

/**
 * One subscriber whose flow answers 500 to a delivery, up to where it is called for the first time.
 */
async function failing(): Promise<void> {
  await subscribe('one', 100);
  fixture.answers.set(callbackUrl('one'), () => answered(500));
  reach(120);
}

/** What leads to each step, and the step itself. */
const steps: Record<string, { before?: () => unknown; step: () => Promise<unknown> }> = {
  'timer, for one instance': { step: () => fixture.backend.schedulePolls() },
  'poll that finds nothing new': { step: pollOnly },
  'poll that finds a value that did not rise': {
    before: async () => {
      reach(50);
      await pollOnly();
      reach(40);
    },
    step: pollOnly,
  },
  'poll that finds a rise without recipients': {
    before: () => reach(50),
    step: pollOnly,
  },
  'poll that finds a crossing, 1 subscriber': {
    before: async () => {
      await subscribe('one', 100);
      reach(120);
    },
    step: pollOnly,
  },
  'poll that finds a crossing, 250 subscribers': {
    before: async () => {
      await subscribeMany(250);
      reach(120);
    },
    step: pollOnly,
  },
  'poll that finds a crossing, 1,000 subscribers': {
    before: async () => {
      await subscribeMany(1000);
      reach(120);
    },
    step: async () => {
      await pollOnly();
      expect(new Set(fixture.calls.map(({ url }) => url)).size).toBe(1000);
    },
  },
  'poll that finds a crossing, 1 subscriber who fails': { before: failing, step: pollOnly },
  'retry that fails again': {
    before: async () => {
      await failing();
      await pollOnly();
    },
    step: () => fixture.pass(5_000),
  },
  'retry that succeeds': {
    before: async () => {
      await failing();
      await pollOnly();
      fixture.answers.clear();
    },
    step: () => fixture.pass(5_000),
  },
  'subscribe, to a subject without subscriptions': {
    before: () => fixture.data.segments.push(segment('other', evaluated(1, 1))),
    step: () => fixture.subscribe(trigger, { segmentName: 'other', threshold: 1, callbackUrl: callbackUrl('one') }),
  },
  subscribe: { step: () => subscribe('one', 100) },
  'subscribe, with the id of the flow': { step: () => subscribe('one', 100, flow) },
  'subscribe, the same request again': { before: () => subscribe('one', 100), step: () => subscribe('one', 100) },
  'subscribe, by a flow that was saved again': {
    before: () => subscribe('one', 100, flow),
    step: () => subscribe('two', 100, flow),
  },
  unsubscribe: { step: async () => unsubscribe((await one()).id) },
  'unsubscribe, with the id of the flow': { step: async () => unsubscribe((await one(flow)).id) },
  'read a subscription': {
    step: async () => fixture.backend.getOwn('connection-a', trigger, (await one()).id),
  },
  'operator: a page of 100 subscriptions, with activity': {
    before: firedToMany,
    step: () => fixture.backend.operator.listSubscriptions({}, { limit: 100 }, { withActivity: true }),
  },
  'operator: a page of 100 subscriptions, of 250': {
    before: firedToMany,
    step: () => fixture.backend.operator.listSubscriptions({}, { limit: 100 }),
  },
  'operator: a sorted page of 100 subscriptions, of 250': {
    before: firedToMany,
    step: () =>
      fixture.backend.operator.listSubscriptions(
        {},
        { limit: 100 },
        { sort: { column: 'createdAt', descending: true } },
      ),
  },
  'operator: what changed, on one instance': {
    before: firedToMany,
    step: () => fixture.backend.operator.changes({ instanceIds: [INSTANCE] }),
  },
  'operator: what changed, on all instances, of one': {
    before: firedToMany,
    step: () => fixture.backend.operator.changes(),
  },
  'operator: what changed, on all instances, of one, with polls': {
    before: firedToMany,
    step: () => fixture.backend.operator.changes({ withPolls: true }),
  },
  'operator: what changed, of one subscription': {
    before: firedToMany,
    step: async () => fixture.backend.operator.subscriptionChange((await one()).id),
  },
  'operator: the instances, of one': {
    before: firedToMany,
    step: () => fixture.backend.operator.listInstances({ limit: 100 }),
  },
  'operator: failing subscriptions, of 250': {
    before: firedToMany,
    step: async () => {
      const { subscriptions } = await fixture.backend.operator.listSubscriptions({ failing: true }, { limit: 100 });
      expect(subscriptions).toHaveLength(1);
    },
  },
  'operator: a search among 250 subscriptions': {
    before: firedToMany,
    step: () => fixture.backend.operator.search('vip'),
  },
  'operator: one delivery, with its request body': {
    before: firedToMany,
    step: () => fixture.backend.operator.getDelivery(deliveryId),
  },
  'operator: a page of failures, by text': {
    before: firedToMany,
    step: () => fixture.backend.operator.listDeliveries({ status: 'retrying', text: 'nothing' }, { limit: 100 }),
  },
  'operator: a page of deliveries, by text': {
    before: firedToMany,
    step: () => fixture.backend.operator.listDeliveries({ text: 'nothing' }, { limit: 100 }),
  },
  'operator: a count of lost deliveries': {
    before: firedToMany,
    step: () => fixture.backend.operator.startRecovery({ since: '2026-01-01T00:00:00Z', dryRun: true }),
  },
  'operator: the entry of an action in the audit': {
    step: async () => {
      const entry = await fixture.backend.audit.begin({ operator: 'anna', action: 'ManageSubscriptions-pause' });
      await fixture.backend.audit.finish(entry, { status: 202 });
    },
  },
  'operator: a page of the audit': {
    before: () => fixture.backend.audit.begin({ operator: 'anna', action: 'ManageSubscriptions-pause' }),
    step: () => fixture.backend.audit.list({}, { limit: 100 }),
  },
};

let deliveryId = '';

/** One event that was delivered to 250 flows, and failed at one. */
async function firedToMany(): Promise<void> {
  await subscribeMany(250);
  await failing();
  await pollOnly();
  const { deliveries } = await fixture.backend.operator.listDeliveries({ status: 'retrying' }, { limit: 1 });
  deliveryId = deliveries[0]?.deliveryId ?? '';
  calls.length = 0;
}

/** A subscription whose making is not counted. */
async function one(subscriber = {}): Promise<SubscriptionView> {
  const made = await subscribe('one', 100, subscriber);
  calls.length = 0;
  return made;
}

test.each(Object.entries(steps))('%s', async (name, { before, step }) => {
  await before?.();
  calls.length = 0;
  await step();
  expect({ requests: calls.length, calls: tally(calls) }).toEqual({
    requests: documented.get(name),
    calls: tally(calls),
  });
});

test('the table of costs has no other rows', () => {
  expect([...documented.keys()]).toEqual(Object.keys(steps));
});

/** Shown when a number is wrong. */
function tally(all: StorageCalls): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of all) counts[call] = (counts[call] ?? 0) + 1;
  return counts;
}
