import { expect, test } from '@jest/globals';
import { concernsOf, type Observed } from '../../dashboard/live/attention.ts';
import type { SubscriptionResponse } from '../../shared/operations/operator-responses.ts';

const nowMs = Date.parse('2026-11-23T10:00:00.000Z');
const minutesAgo = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

const well: Observed = {
  nowMs,
  instances: [{ instanceId: 'i1', lastPolledAt: minutesAgo(1), failing: [], observedCount: 3, outboxEntryCount: 0 }],
  queues: ['polls', 'deliveries', 'retries'].map((queue) => ({ queue, length: 0, poisonLength: 0 })),
  hours: [{ hour: minutesAgo(60), delivered: 900, retrying: 2, parked: 3, dead: 0, ended: 1 }],
  failing: [],
  disabled: [],
  paused: [],
  instanceName: (id) => (id === 'i1' ? 'Contoso' : id),
};
const [instance] = well.instances as [Observed['instances'][number]];

function subscription(id: string, more: Partial<SubscriptionResponse> = {}): SubscriptionResponse {
  return {
    id,
    title: id,
    trigger: 'segment-threshold-crossed',
    instanceId: 'i1',
    segmentName: 'VIP',
    threshold: 50,
    status: 'disabled',
    createdAt: minutesAgo(9_000),
    health: { deadDeliveries: 4 },
    connection: 'local',
    ...more,
  };
}

const attentionFor = (observed: Partial<Observed>): (readonly [severity: string, what: string])[] =>
  concernsOf({ ...well, ...observed }).map(({ severity, what }) => [severity, what] as const);

test('nothing needs attention when all is well', () => {
  expect(attentionFor({})).toEqual([]);
});

test.each<[Partial<Observed>, string, string]>([
  [{ queues: [{ queue: 'polls', length: 0, poisonLength: 1 }] }, 'bad', '1 poisoned message in polls'],
  [
    { queues: [{ queue: 'deliveries', length: 9, poisonLength: 0, oldestSentAt: minutesAgo(6) }] },
    'bad',
    'The queue deliveries is 6 min behind',
  ],
  [{ instances: [{ ...instance, lastPolledAt: minutesAgo(6) }] }, 'bad', 'Contoso was last polled 6 min ago'],
  [
    { instances: [{ ...instance, failing: [{ list: 'jobs', since: minutesAgo(120), reason: 'status 503' }] }] },
    'bad',
    'Contoso: jobs unreadable for 2 h',
  ],
  [
    { instances: [{ ...instance, outboxEntryCount: 1, oldestOutboxEntryAt: minutesAgo(11) }] },
    'warning',
    'Contoso: an event has been on its way for 11 min',
  ],
  [{ hours: [{ ...well.hours[0], dead: 2 } as never] }, 'bad', '2 dead deliveries in the last 24 hours'],
  [{ disabled: [subscription('sub_1')] }, 'bad', 'VIP above 50 is disabled'],
  [
    { failing: [subscription('sub_1', { health: { failingSince: minutesAgo(9), deadDeliveries: 0 } })] },
    'warning',
    'VIP above 50 has been failing for 9 min',
  ],
  [
    { failing: [subscription('sub_1', { health: { failingSince: minutesAgo(120), deadDeliveries: 0 } })] },
    'bad',
    'VIP above 50 has been failing for 2 h',
  ],
  [{ paused: [subscription('sub_1', { label: 'Mail', status: 'paused' })] }, 'warning', 'Mail is paused'],
])('%j needs attention', (observed, severity, what) => {
  expect(attentionFor(observed)).toEqual([[severity, what]]);
});

test.each<[Partial<Observed>, string]>([
  [
    { failing: [subscription('sub_1', { health: { failingSince: minutesAgo(9), deadDeliveries: 0 } })] },
    'No call has succeeded since. What failed is tried again.',
  ],
  [
    { failing: [subscription('sub_1', { health: { failingSince: minutesAgo(9), deadDeliveries: 1 } })] },
    'No call has succeeded since. 1 delivery is dead and is not tried again: recover it when the flow works.',
  ],
  [
    { failing: [subscription('sub_1', { health: { failingSince: minutesAgo(9), deadDeliveries: 2 } })] },
    'No call has succeeded since. 2 deliveries are dead and are not tried again: recover them when the flow works.',
  ],
  [
    { paused: [subscription('sub_1', { status: 'paused' })] },
    'The flow is turned off. Its deliveries wait until it is turned on. After seven days the subscription ends, and they end with it.',
  ],
])('%j says what happens next', (observed, why) => {
  expect(concernsOf({ ...well, ...observed }).map((concern) => concern.why)).toEqual([why]);
});

test('a flow that fails has the mark of its badge, however short it fails', () => {
  const failing = [subscription('sub_1', { health: { failingSince: minutesAgo(9), deadDeliveries: 0 } })];
  expect(concernsOf({ ...well, failing })).toMatchObject([{ severity: 'warning', mark: 'bad' }]);
});

test('a delayed retry and a message of a moment ago need no attention', () => {
  expect(
    attentionFor({ queues: [{ queue: 'retries', length: 9, poisonLength: 0, oldestSentAt: minutesAgo(600) }] }),
  ).toEqual([]);
  expect(
    attentionFor({ queues: [{ queue: 'polls', length: 1, poisonLength: 0, oldestSentAt: minutesAgo(1) }] }),
  ).toEqual([]);
});

test('the worst comes first, and leads to where it can be seen', () => {
  const concerns = concernsOf({
    ...well,
    paused: [subscription('sub_paused', { status: 'paused' })],
    disabled: [subscription('sub_disabled')],
    instances: [{ ...instance, outboxEntryCount: 1, oldestOutboxEntryAt: minutesAgo(11) }],
  });
  expect(concerns.map(({ severity }) => severity)).toEqual(['bad', 'warning', 'warning']);
  expect(concerns[0]?.href).toBe('#/subscriptions/sub_disabled');
  expect(new Set(concerns.map(({ id }) => id)).size).toBe(3);
});
