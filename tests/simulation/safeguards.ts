import { recovering, steady, type Plan } from './plan.ts';

/** One replacement in one source file; `find` occurs in it exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Something that keeps the promises, and how to take it out. */
export interface Safeguard {
  readonly name: string;
  readonly without: readonly Edit[];
  /** What then happens. Another violation does not show that the safeguard is needed. */
  readonly provokes: RegExp;
  /** A seed in which it happens. */
  readonly seed: number;
  /** It matters only where an event has several chunks: they are made small. */
  readonly smallChunks?: true;
  /** It matters only where much happens of what the plans of few seeds have: what theirs is changed to. */
  readonly plan?: Partial<Plan>;
}

const one = (file: string, find: string, replace: string): readonly Edit[] => [
  { file: `shared/${file}`, find, replace },
];

/** Slow answers and many sweeps around the first subscribe. */
const swept: Partial<Plan> = { flows: 1, sweeps: 80, latencyMs: 5_000, stormMs: 300_000, madeBeforeMs: 100_000 };
/** Nothing goes wrong but that storage sees requests twice. */
const echoing: Partial<Plan> = {
  storage: { failsBefore: 0, failsAfter: 0, slow: 0, echoes: 0.2 },
  insightsFails: 0,
  crash: 0,
  freeze: 0,
  clockJumps: 0,
  lateMs: 0,
  latencyMs: 20,
  turnsOff: false,
  calls: 0,
};
/** Saves that overlap, some of which break off. */
const saving: Partial<Plan> = { flows: 2, actions: 4, saves: true, overlaps: true, crash: 0.01, latencyMs: 5_000 };
/** Polls and saves that each take longer than the next one waits. */
const overlapping: Partial<Plan> = {
  workers: 3,
  flows: 4,
  latencyMs: 30_000,
  freeze: 0.01,
  evaluations: 16,
  actions: 4,
  saves: true,
  ends: true,
};
/** Twelve days, polled twice a day, in which flows fail for long. */
const weeks: Partial<Plan> = {
  pollEveryMs: 43_200_000,
  stormMs: 1_036_800_000,
  madeBeforeMs: 86_400_000,
  scheduleSeconds: [5, 30, 300],
  evaluations: 20,
  jobs: 14,
  actions: 0,
  turnsOff: false,
  flowTroubles: 3,
  troubleMs: [1_036_800_000],
  operatorActions: 0,
  operatorLooks: 20,
  crash: 0,
  freeze: 0,
  clockJumps: 0,
  storage: { failsBefore: 0, failsAfter: 0, slow: 0, echoes: 0 },
};
/** Bugs that are put right afterwards, by an operator or by sweeps alone. */
const poisoned: Partial<Plan> = { poisons: 0.3, operatorLooks: 4, flowTroubles: 3, crash: 0.02, redrives: true };

const lost = /was never told of/;
const late = /was told of .* after|waits for .* since/;
const doubled = /accepted twice|is delivered already/;

export const safeguards: readonly Safeguard[] = [
  {
    name: 'a claim keeps others off a chunk',
    without: one('deliveries/outbox/chunk-claim.ts', `if (row.untilMs > nowMs) return { kind: 'busy' };`, ''),
    provokes: doubled,
    seed: 444,
    smallChunks: true,
  },
  {
    name: 'no attempt begins when the claim has ended',
    without: one(
      'deliveries/attempt/attempt.ts',
      `if (startedAtMs >= request.notAfterMs()) return { kind: 'too-late' };`,
      '',
    ),
    provokes: /accepted twice|is delivered already|after its DELETE|after the flow was saved again/,
    seed: 84,
    plan: { workers: 3, freeze: 0.02 },
  },
  {
    name: 'a claim on a retry keeps others off it',
    without: one('deliveries/retry/retry.ts', `if (isClaimed(record, nowMs)) return;`, ''),
    provokes: doubled,
    seed: 231,
    plan: { workers: 3, freeze: 0.02, flowTroubles: 3, duplicates: 0.4 },
  },
  {
    name: 'a delivery that is not due is not tried, whatever messages come',
    without: one(
      'deliveries/retry/retry.ts',
      'if (record === undefined || !isDue(record)) return;',
      'if (record === undefined) return;',
    ),
    provokes: /is delivered already|a delivery that is not due goes on|was tried again after/,
    seed: 9,
  },
  {
    name: "a claim whose answer was lost is known as one's own by its owner",
    without: one(
      'deliveries/outbox/chunk-claim.ts',
      `if (row.owner === owner) return { kind: 'claimed', row, isNew: true };`,
      '',
    ),
    provokes: late,
    seed: 3,
    plan: echoing,
  },
  {
    name: 'an attempt whose write met its own echo is noted once',
    without: one(
      'deliveries/retry/retry.ts',
      `if (current && attempt && current.attempts.some(({ at }) => at === attempt.at)) return;`,
      '',
    ),
    provokes: /was never told of|waits for .* since attempt|^attempts /,
    seed: 8,
    plan: { ...echoing, flowTroubles: 3 },
  },
  {
    name: 'what an operator asks for is one attempt',
    without: [
      ...one(
        'deliveries/retry/retry.ts',
        'const notDue = { ...released, dueAtMs: undefined, redelivering: false };',
        'const notDue = { ...released, dueAtMs: released.redelivering ? released.dueAtMs : undefined };',
      ),
      // Attempts without end are seen after a tenth of the calls just as well, and in a tenth of the time.
      {
        file: 'tests/simulation/stage.ts',
        find: 'const MAX_CALM_CALLS = 100_000;',
        replace: 'const MAX_CALM_CALLS = 10_000;',
      },
    ],
    provokes: /accepted twice|is delivered already|^retries message .* still calls/,
    seed: 28,
  },
  {
    name: 'a recovery sends again what is dead',
    without: one(
      'operations/lost-deliveries.ts',
      "const LOST_STATUSES = ['dead', 'parked'] as const;",
      "const LOST_STATUSES = ['parked'] as const;",
    ),
    provokes: lost,
    seed: 59,
  },
  {
    name: 'a recovery of all subscriptions goes on without the process that began it',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      'return ports.resumeRecovery(item.recoveryId);',
      'return undefined;',
    ),
    provokes: /^never finished|was never told of/,
    seed: 5,
    plan: recovering,
  },
  {
    name: 'a chunk is only written by the holder of its claim',
    without: one(
      'deliveries/records/activity-store.ts',
      `{ kind: 'replace', row: chunkRow(event, chunk, rest), etag },`,
      `{ kind: 'replace', row: chunkRow(event, chunk, rest), etag: '*' },`,
    ),
    provokes: /is no longer delivered|accepted twice|is delivered already/,
    seed: 5,
  },
  {
    name: 'who takes a chunk over leaves out what is done',
    without: one('deliveries/outbox/chunk-claim.ts', 'if (isNew) return new Set();', 'return new Set();'),
    provokes: doubled,
    seed: 6,
  },
  {
    name: 'state and events are one transaction',
    without: one(
      'detection/state-store.ts',
      'const result = await tables.write(STATE_TABLE, writes);',
      `const isState = ({ kind, row }: Write): boolean => kind === 'replace' || !row.rowKey.startsWith('o:');
      const first = await tables.write(STATE_TABLE, writes.filter(isState) as [Write, ...Write[]]);
      const events = writes.filter((write) => !isState(write));
      const second = first.kind === 'written' && events.length > 0 ? await tables.write(STATE_TABLE, events as never) : first;
      const result = second.kind === 'conflict' ? second : { kind: 'written' as const, etags: writes.map(() => '*') };`,
    ),
    provokes: lost,
    seed: 13,
  },
  {
    name: 'the state is swapped by its etag',
    without: one('detection/state-store.ts', `{ kind: 'replace', row, etag: state.etag }`, `{ kind: 'upsert', row }`),
    provokes: /two deliveries of one event|was never told of/,
    seed: 32,
    plan: overlapping,
  },
  {
    name: 'open events are carried on with by later polls',
    without: one('detection/poll.ts', 'ports.resumeOutbox(before.outbox),', ''),
    provokes: /was never told of|^still open/,
    seed: 3,
  },
  {
    name: 'whoever is being made is decided before an audience is read',
    without: one(
      'deliveries/outbox/recipients.ts',
      'isPending(subscription) ? await resolvePending(ports, subscription) : subscription',
      'subscription',
    ),
    provokes: lost,
    seed: 5,
  },
  {
    name: 'a subscription without a place in the line is not born by an event',
    without: one(
      'subscriptions/activate.ts',
      'subscription.activeFrom === undefined &&\n    subscription.predecessor === undefined',
      'false',
    ),
    provokes: /two deliveries of one event/,
    seed: 68,
  },
  {
    name: 'the sequence is read after the row is in',
    without: [
      {
        file: 'shared/subscriptions/store-subscription.ts',
        find: 'const inserted = await store.insert(draft);',
        replace: `const early = ((globalThis as any).early ??= new WeakMap());
  const births = early.get(clock) ?? early.set(clock, new Map()).get(clock);
  births.set(draft.id, await ports.sequenceOf(draft));
  const inserted = await store.insert(draft);`,
      },
      {
        file: 'shared/subscriptions/activate.ts',
        find: 'const sequence = await ports.sequenceOf(subscription);',
        replace: `const early = (globalThis as any).early?.get((ports as any).clock)?.get(subscription.id);
    const sequence = early ?? (await ports.sequenceOf(subscription));`,
      },
    ],
    provokes: /was accepted twice|two deliveries of one event|was never told of/,
    seed: 9,
    plan: overlapping,
  },
  {
    name: 'an end is paired with the birth that follows it',
    without: one('subscriptions/activate.ts', '? [active, { ...previous, activeUntil: sequence }]', '? [active]'),
    provokes: /was never told of|two deliveries of one event/,
    seed: 5,
  },
  {
    name: 'a save joins the line of its flow',
    without: one(
      'subscriptions/store-subscription.ts',
      'const superseded = await supersedePrevious(ports, subscription);',
      `const superseded = { kind: 'latest', previous: [] } as Awaited<ReturnType<typeof supersedePrevious>>;`,
    ),
    provokes: /was never told of|two deliveries of one event/,
    seed: 17,
  },
  {
    name: 'the environment is part of who a flow is',
    without: one('subscriptions/subscription-draft.ts', 'if (!environmentId) return', 'if (true) return'),
    provokes: lost,
    seed: 2,
  },
  {
    name: 'one unexplained refusal ends no subscription',
    without: one(
      'deliveries/attempt/disposition.ts',
      'isRefusedThroughout ? whenExhausted :',
      'true ? whenExhausted :',
    ),
    provokes: lost,
    seed: 57,
  },
  {
    name: 'a save that was overtaken becomes a pointer',
    without: one('subscriptions/supersede.ts', 'if (entry.subscriptionId !== subscription.id) {', 'if (false) {'),
    provokes: /two deliveries of one event|was never told of|after the flow was saved again/,
    seed: 271,
    plan: saving,
  },
  {
    name: 'deliveries follow the pointer of a superseded subscription',
    without: one(
      'deliveries/attempt/target.ts',
      `if (subscription.successor === undefined) return { kind: 'end', code: 'superseded' };`,
      `return { kind: 'end', code: 'superseded' };`,
    ),
    provokes: lost,
    seed: 5,
  },
  {
    name: 'a pointer is kept until nothing can wait for it',
    without: one('deliveries/reconciler/reconcile-subscription.ts', 'if (nowMs < untilMs) return untilMs;', ''),
    provokes: lost,
    seed: 18,
  },
  {
    name: 'a deleted subscription is remembered for a while',
    without: one('subscriptions/subscription.ts', '(workflowKey === undefined ? 0 : DELETED_GRACE_MS)', '0'),
    provokes: lost,
    seed: 45,
  },
  {
    name: 'the registry is written last',
    without: [
      {
        file: 'shared/subscriptions/subscribe.ts',
        find: `        await ports.instances.register(subject.instanceId);
`,
        replace: '',
      },
      {
        file: 'shared/subscriptions/subscribe.ts',
        find: `  if (reading.kind !== 'found') return subjectRefusal(reading, 'trigger');
`,
        replace: `  if (reading.kind !== 'found') return subjectRefusal(reading, 'trigger');
  await ports.instances.register(subject.instanceId);
`,
      },
    ],
    provokes: lost,
    seed: 22,
    plan: swept,
  },
  {
    name: 'a first look reads all the history there is',
    without: one(
      'detection/snapshot.ts',
      `if (completeAt === undefined || values.some(({ etag }) => etag === undefined)) return MAX_HISTORY_DAYS;`,
      `if (completeAt === undefined) return 1;`,
    ),
    provokes: lost,
    seed: 2,
    plan: { ...weeks, triggers: ['segment-threshold-crossed', 'measure-threshold-crossed'] },
  },
  {
    name: 'a disabled subscription is not called',
    without: one(
      'deliveries/attempt/target.ts',
      `return force === true
        ? { kind: 'call', subscription }
        : { kind: 'park', subscription, code: codeOfDisabled(subscription) };`,
      `return { kind: 'call', subscription } as { kind: 'call'; subscription: Subscription } | { kind: 'park'; subscription: Subscription; code: ReturnType<typeof codeOfDisabled> };`,
    ),
    provokes: /which is disabled/,
    seed: 27,
    plan: weeks,
  },
  {
    name: 'the reconciler sends the message of what is overdue again',
    without: one(
      'deliveries/reconciler/enqueue-overdue.ts',
      'if (await enqueueOne(ports, row, partition)) enqueued += 1;',
      '',
    ),
    provokes: /was never told of|waits for .* since|the work list does not say so/,
    seed: 3,
    plan: { ...poisoned, redrives: false },
  },
  {
    name: 'the work list is written before the record of a failure',
    without: one('deliveries/outbox/chunk-outcomes.ts', 'await addToWorkList(ports, recordsIn(saving));', ''),
    provokes: /was never told of|waits for .* since|the work list does not (say so|know)/,
    seed: 21,
  },
  {
    name: 'a record and its index rows are one transaction',
    without: one(
      'deliveries/records/delivery-record.ts',
      'has.filter((key) => !had.delete(key))',
      `has.filter((key) => !had.delete(key) && !key.startsWith('~s'))`,
    ),
    provokes: /no index row|was never told of|waits for .* since/,
    seed: 1,
  },
  {
    name: 'an entry of the work list is kept for as long as its writer may live',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      'if (againMs === undefined && nowMs >= keptMs)',
      'if (againMs === undefined)',
    ),
    provokes: /the work list does not (say so|know)|^never finished/,
    seed: 78,
    plan: { freeze: 0.02, latencyMs: 5_000, workers: 3, flowTroubles: 3 },
  },
  {
    name: 'a flow that is turned off is asked again',
    without: one('deliveries/reconciler/reconcile-subscription.ts', '  await makeProbe(ports, parked);\n', ''),
    provokes: /was never told of|^still parked|waits for .* since/,
    seed: 5,
    plan: { turnsOff: true, actions: 4 },
  },
  {
    name: 'a resume lets out what is parked',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      `const done = await releaseDeliveries(ports, waitedFor, { kind: 'resumed', resumedAtMs });`,
      `const done = resumedAtMs as unknown;`,
    ),
    provokes: /was never told of|^still parked|the work list does not know/,
    seed: 5,
    plan: { turnsOff: true, actions: 4 },
  },
  {
    name: 'what waits for a superseded subscription goes to its successor',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      'return (await releaseAll()) ?? redirect(ports, subscription, nowMs);',
      'return redirect(ports, subscription, nowMs);',
    ),
    provokes: /was never told of|^still parked|waits for .* since/,
    seed: 2,
    plan: { turnsOff: true, saves: true, actions: 4 },
  },
  {
    name: 'a subscribe that was given up is undone',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      `(await finishSubscribe(ports, item)) === 'again'`,
      `item.subscriptionId === ''`,
    ),
    provokes: /^an entry for nobody|^never finished|^a count of|living and in no entry/,
    seed: 11,
    plan: { crash: 0.02, lostAnswers: 0.3 },
  },
  {
    name: 'an end frees the place of its connection',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      `    case 'gone':
      await ports.connections.forget(subscription);`,
      `    case 'gone':`,
    ),
    provokes: /^an entry for nobody|^a count of/,
    seed: 3,
    plan: { flowTroubles: 3, actions: 4 },
  },
  {
    name: 'a message is soon taken for lost',
    without: one(
      'deliveries/reconciler/enqueue-overdue.ts',
      'const SLACK_MS = 30_000;',
      'const SLACK_MS = 6 * 3_600_000;',
    ),
    provokes: late,
    seed: 11,
    plan: { ...steady, losses: 0.3, flowTroubles: 3 },
  },
  {
    name: 'a flow that is off is asked every 12 hours',
    without: one('deliveries/attempt/disposition.ts', 'NEXT_PROBE_MS = 12 *', 'NEXT_PROBE_MS = 20 *'),
    provokes: late,
    seed: 11,
    plan: { ...steady, turnsOff: true, actions: 4, saves: false },
  },
  {
    name: 'a resume whose message is lost is found by the reconciler',
    without: one(
      'operations/subscription-actions.ts',
      "await ports.work.add({ kind: 'subscription', subscriptionId: id }, nowMs);\n    if ((await ports.store.writeTogether([resume(",
      'if ((await ports.store.writeTogether([resume(',
    ),
    provokes: /was never told of|waits for .* since/,
    seed: 523,
    plan: { ...steady, losses: 0.3, turnsOff: true, actions: 4, saves: false, operatorActions: 12 },
  },
  {
    name: 'history is asked for back to the last whole poll',
    without: one(
      'detection/snapshot.ts',
      'return Math.min(MAX_HISTORY_DAYS, 1 + Math.max(1, daysSince));',
      'return Math.min(2, daysSince + 1);',
    ),
    provokes: lost,
    seed: 1,
    plan: {
      ...weeks,
      triggers: ['segment-threshold-crossed', 'measure-threshold-crossed'],
      outages: [{ of: 'Customer Insights', afterMs: 345_600_000, lastsMs: 432_000_000 }],
    },
  },
  {
    name: 'a subscribe that broke off is looked for where it was moved to',
    without: one(
      'subscriptions/finish-subscribe.ts',
      'first === undefined && isMoved ? await find(subscription.connection) : undefined',
      'undefined as RequestEntry | undefined',
    ),
    provokes: /^an entry for nobody|^never finished|^a count of|living and in no entry/,
    seed: 94,
    plan: { moves: 3, crash: 0.02, lostAnswers: 0.3 },
  },
  {
    name: 'a connection is moved with what is known of its flows',
    without: one(
      'subscriptions/move-connection.ts',
      'if (entry.rowKey === COUNT_KEY) continue;',
      "if (entry.rowKey === COUNT_KEY || entry.rowKey.startsWith('w:')) continue;",
    ),
    provokes: /was never told of|two deliveries of one event/,
    seed: 18,
    plan: { moves: 2, saves: true, actions: 4 },
  },
];
