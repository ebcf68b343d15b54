import { recovering, steady, type Plan } from './plan.ts';

/** One replacement in one source file. `find` occurs in the file exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A safeguard of the sources, and how to remove it. */
export interface Safeguard {
  readonly name: string;
  readonly without: readonly Edit[];
  /**
   * The violation without the safeguard. Another violation does not show that the safeguard is
   * needed.
   */
  readonly provokes: RegExp;
  /** A seed with this violation. */
  readonly seed: number;
  /** The safeguard matters only for events with several chunks, so the chunks are made small. */
  readonly smallChunks?: true;
  /**
   * Changes to the plan, for a safeguard that matters only with events that are rare in the usual
   * plans.
   */
  readonly plan?: Partial<Plan>;
}

const one = (file: string, find: string, replace: string): readonly Edit[] => [
  { file: `shared/${file}`, find, replace },
];

/** Slow responses, and many sweeps around the first subscribe. */
const swept: Partial<Plan> = { flows: 1, sweeps: 80, latencyMs: 5_000, stormMs: 300_000, madeBeforeMs: 100_000 };
/** No faults but duplicated storage requests. */
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
/** Saves that overlap, some of which are aborted. */
const saving: Partial<Plan> = { flows: 2, actions: 4, saves: true, overlaps: true, crash: 0.01, latencyMs: 5_000 };
/** Polls and saves that each take longer than the interval to the next one. */
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
/** Twelve days with two polls a day, in which flows fail for long. */
const weeks: Partial<Plan> = {
  pollEveryMs: 43_200_000,
  stormMs: 1_036_800_000,
  madeBeforeMs: 86_400_000,
  scheduleSeconds: [5, 30, 300],
  evaluations: 20,
  jobs: 14,
  actions: 0,
  turnsOff: false,
  flowFaults: 3,
  faultMs: [1_036_800_000],
  operatorActions: 0,
  operatorChecks: 20,
  crash: 0,
  freeze: 0,
  clockJumps: 0,
  storage: { failsBefore: 0, failsAfter: 0, slow: 0, echoes: 0 },
};
/** Bugs that an operator or sweeps alone repair afterwards. */
const poisoned: Partial<Plan> = { poisons: 0.3, operatorChecks: 4, flowFaults: 3, crash: 0.02, redrives: true };

/** Nothing delays a callback but what hangs or cannot be read. No flow is saved, off or deleted. */
const unhurried: Partial<Plan> = { ...steady, actions: 0, turnsOff: false, flows: 3, losses: 0, duplicates: 0 };
const MINUTES = 60_000;
/** From the second minute to the end. */
const hanging = { afterMs: 2 * MINUTES, lastsMs: 60 * MINUTES };

const lost = /was never notified of/;
const late = /was notified of .* after|waits for .* since/;
const doubled = /accepted twice|is delivered already/;

export const safeguards: readonly Safeguard[] = [
  {
    name: 'only the owner of its claim processes a chunk',
    without: one('deliveries/outbox/chunk-claim.ts', `if (row.untilMs > nowMs) return { kind: 'busy' };`, ''),
    provokes: doubled,
    seed: 444,
    smallChunks: true,
  },
  {
    name: 'no attempt begins after the claim has expired',
    without: one(
      'deliveries/attempt/attempt.ts',
      `if (startedAtMs >= request.notAfterMs()) return { kind: 'too-late' };`,
      '',
    ),
    provokes: /accepted twice|is delivered already|after its DELETE|after the flow was saved again/,
    seed: 130,
    plan: { workers: 3, freeze: 0.02 },
  },
  {
    name: 'only the owner of its claim processes a retry',
    without: one('deliveries/retry/retry.ts', `if (isClaimed(record, nowMs)) return;`, ''),
    provokes: doubled,
    seed: 128,
    plan: { workers: 3, freeze: 0.02, flowFaults: 3, duplicates: 0.4 },
  },
  {
    name: 'a delivery that is not due is not attempted, whatever messages arrive',
    without: one(
      'deliveries/retry/retry.ts',
      'if (record === undefined || !isDue(record)) return;',
      'if (record === undefined) return;',
    ),
    provokes: /is delivered already|a delivery that is not due goes on|was tried again after/,
    seed: 5,
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
    name: 'an attempt whose write was repeated by storage is recorded once',
    without: one(
      'deliveries/retry/retry.ts',
      `if (current && attempt && current.attempts.some(({ at }) => at === attempt.at)) return;`,
      '',
    ),
    provokes: /was never notified of|waits for .* since attempt|^attempts /,
    seed: 8,
    plan: { ...echoing, flowFaults: 3 },
  },
  {
    name: 'a redelivery by an operator makes one attempt',
    without: [
      ...one(
        'deliveries/retry/retry.ts',
        'const notDue = { ...released, dueAtMs: undefined, redelivering: false };',
        'const notDue = { ...released, dueAtMs: released.redelivering ? released.dueAtMs : undefined };',
      ),
      // Endless attempts show after a tenth of the calls as well, and in a tenth of the time.
      {
        file: 'tests/simulation/stage.ts',
        find: 'const MAX_CALM_CALLS = 100_000;',
        replace: 'const MAX_CALM_CALLS = 10_000;',
      },
    ],
    provokes: /accepted twice|is delivered already|^retries message .* still calls/,
    seed: 3,
  },
  {
    name: 'a recovery sends dead deliveries again',
    without: one(
      'operations/lost-deliveries.ts',
      "const LOST_STATUSES = ['dead', 'parked'] as const;",
      "const LOST_STATUSES = ['parked'] as const;",
    ),
    provokes: lost,
    seed: 59,
  },
  {
    name: 'a recovery of all subscriptions continues without the process that began it',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      'return ports.resumeRecovery(item.recoveryId);',
      'return undefined;',
    ),
    provokes: /^never finished|was never notified of/,
    seed: 5,
    plan: recovering,
  },
  {
    name: 'only the owner of its claim writes a chunk',
    without: one(
      'deliveries/records/activity-store.ts',
      `{ kind: 'replace', row: chunkRow(event, chunk, rest), etag },`,
      `{ kind: 'replace', row: chunkRow(event, chunk, rest), etag: '*' },`,
    ),
    provokes: /is no longer delivered|accepted twice|is delivered already/,
    seed: 346,
  },
  {
    name: 'a worker that takes a chunk over skips deliveries that have an outcome',
    without: one('deliveries/outbox/chunk-claim.ts', 'if (isNew) return new Set();', 'return new Set();'),
    provokes: doubled,
    seed: 6,
  },
  {
    name: 'state and events are written in one transaction',
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
    seed: 68,
  },
  {
    name: 'the state is replaced by its etag',
    without: one('detection/state-store.ts', `{ kind: 'replace', row, etag: state.etag }`, `{ kind: 'upsert', row }`),
    provokes: /two deliveries of one event|was never notified of/,
    seed: 376,
    plan: overlapping,
  },
  {
    name: 'later polls resume outbox entries',
    without: one('detection/poll.ts', 'ports.resumeOutbox(before.outbox),', ''),
    provokes: /was never notified of|^outbox entry left/,
    seed: 3,
  },
  {
    name: 'pending subscriptions are activated or skipped before the recipients are read',
    without: one(
      'deliveries/outbox/recipients.ts',
      'isPending(subscription) ? await resolvePending(ports, subscription) : subscription',
      'subscription',
    ),
    provokes: lost,
    seed: 613,
  },
  {
    name: 'an event does not activate a subscription before it has joined the saves of its flow',
    without: one(
      'subscriptions/activate.ts',
      'subscription.activeFrom === undefined &&\n    subscription.predecessor === undefined',
      'false',
    ),
    provokes: /two deliveries of one event/,
    seed: 68,
  },
  {
    name: 'the sequence is read after the row is inserted',
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
    provokes: /was accepted twice|two deliveries of one event|was never notified of/,
    seed: 1916,
    plan: overlapping,
  },
  {
    name: 'a superseded subscription ends where its successor becomes active',
    without: one('subscriptions/activate.ts', '? [active, { ...previous, activeUntil: sequence }]', '? [active]'),
    provokes: /was never notified of|two deliveries of one event/,
    seed: 5,
  },
  {
    name: 'a save supersedes the previous save of its flow',
    without: one(
      'subscriptions/store-subscription.ts',
      'const superseded = await supersedePrevious(ports, subscription);',
      `const superseded = { kind: 'latest', previous: [] } as Awaited<ReturnType<typeof supersedePrevious>>;`,
    ),
    provokes: /was never notified of|two deliveries of one event/,
    seed: 17,
  },
  {
    name: 'the environment is part of the identity of a flow',
    without: one('subscriptions/subscription-draft.ts', 'if (!environmentId) return', 'if (true) return'),
    provokes: lost,
    seed: 29,
  },
  {
    name: 'one unexplained refusal ends no subscription',
    without: one(
      'deliveries/attempt/disposition.ts',
      'isRefusedThroughout ? whenExhausted :',
      'true ? whenExhausted :',
    ),
    provokes: lost,
    seed: 266,
  },
  {
    name: 'a save that a later one overtook becomes a redirect',
    without: one('subscriptions/supersede.ts', 'if (entry.subscriptionId !== subscription.id) {', 'if (false) {'),
    provokes: /two deliveries of one event|was never notified of|after the flow was saved again/,
    seed: 39,
    plan: saving,
  },
  {
    name: 'deliveries follow the redirect of a superseded subscription',
    without: one(
      'deliveries/attempt/target.ts',
      `if (subscription.successor === undefined) return { kind: 'end', code: 'superseded' };`,
      `return { kind: 'end', code: 'superseded' };`,
    ),
    provokes: lost,
    seed: 5,
  },
  {
    name: 'a redirect is kept until no delivery can need it',
    without: one('deliveries/reconciler/reconcile-subscription.ts', 'if (nowMs < untilMs) return untilMs;', ''),
    provokes: lost,
    seed: 51,
  },
  {
    name: 'a deleted subscription is kept for a while',
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
    seed: 7,
    plan: swept,
  },
  {
    name: 'the first reading reads the whole history',
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
      `return forcedBy === 'operator'
        ? { kind: 'call', subscription }
        : { kind: 'park', subscription, code: codeOfDisabled(subscription) };`,
      `return { kind: 'call', subscription } as { kind: 'call'; subscription: Subscription } | { kind: 'park'; subscription: Subscription; code: ReturnType<typeof codeOfDisabled> };`,
    ),
    provokes: /which is disabled/,
    seed: 11,
    plan: weeks,
  },
  {
    name: 'the reconciler sends the message of an overdue delivery again',
    without: one(
      'deliveries/reconciler/enqueue-overdue.ts',
      'if (await enqueueOne(ports, row, partition)) enqueued += 1;',
      '',
    ),
    provokes: /was never notified of|waits for .* since|the work list does not say so/,
    seed: 3,
    plan: { ...poisoned, redrives: false },
  },
  {
    name: 'the work list is written before the record of a failure',
    without: one('deliveries/outbox/chunk-outcomes.ts', 'await addToWorkList(ports, recordsIn(saving));', ''),
    provokes: /was never notified of|waits for .* since|the work list does not (say so|know)/,
    seed: 21,
  },
  {
    name: 'a record and its index rows are written in one transaction',
    without: one(
      'deliveries/records/delivery-record.ts',
      'has.filter((key) => !had.delete(key))',
      `has.filter((key) => !had.delete(key) && !key.startsWith('~s'))`,
    ),
    provokes: /no index row|was never notified of|waits for .* since/,
    seed: 1,
  },
  {
    name: 'an entry of the work list is kept while its writer may be running',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      'if (againMs === undefined && nowMs >= keptMs)',
      'if (againMs === undefined)',
    ),
    provokes: /the work list does not (say so|know)|^never finished/,
    seed: 94,
    plan: { freeze: 0.02, latencyMs: 5_000, workers: 3, flowFaults: 3 },
  },
  {
    name: 'a flow that is turned off is probed',
    without: one('deliveries/reconciler/reconcile-subscription.ts', '  await makeProbe(ports, parked);\n', ''),
    provokes: /was never notified of|^still parked|waits for .* since/,
    seed: 9,
    plan: { turnsOff: true, actions: 4 },
  },
  {
    name: 'a resume releases parked deliveries',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      `const done = await releaseDeliveries(ports, waitedFor, { kind: 'resumed', resumedAtMs });`,
      `const done = resumedAtMs as unknown;`,
    ),
    provokes: /was never notified of|^still parked|the work list does not know/,
    seed: 9,
    plan: { turnsOff: true, actions: 4 },
  },
  {
    name: 'deliveries that wait for a superseded subscription go to its successor',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      'return (await releaseAll()) ?? redirect(ports, subscription, nowMs);',
      'return redirect(ports, subscription, nowMs);',
    ),
    provokes: /was never notified of|^still parked|waits for .* since/,
    seed: 5,
    plan: { turnsOff: true, saves: true, actions: 4 },
  },
  {
    name: 'an aborted subscribe is undone',
    without: one(
      'deliveries/reconciler/reconcile.ts',
      `(await finishSubscribe(ports, item)) === 'again'`,
      `item.subscriptionId === ''`,
    ),
    provokes: /^an entry for nobody|^never finished|^a count of|living and in no entry/,
    seed: 8,
    plan: { crash: 0.02, lostAnswers: 0.3 },
  },
  {
    name: 'an ended subscription no longer counts for its connection',
    without: one(
      'deliveries/reconciler/reconcile-subscription.ts',
      `    case 'gone':
      await ports.connections.forget(subscription);`,
      `    case 'gone':`,
    ),
    provokes: /^an entry for nobody|^a count of/,
    seed: 3,
    plan: { flowFaults: 3, actions: 4 },
  },
  {
    name: 'a message soon counts as lost',
    without: one(
      'deliveries/reconciler/enqueue-overdue.ts',
      'const SLACK_MS = 30_000;',
      'const SLACK_MS = 6 * 3_600_000;',
    ),
    provokes: late,
    seed: 29,
    plan: { ...steady, losses: 0.3, flowFaults: 3 },
  },
  {
    name: 'a flow that is turned off is probed every 12 hours',
    without: one('deliveries/attempt/disposition.ts', 'NEXT_PROBE_MS = 12 *', 'NEXT_PROBE_MS = 20 *'),
    provokes: late,
    seed: 11,
    plan: { ...steady, turnsOff: true, actions: 4, saves: false },
  },
  {
    name: 'history is read back to the last complete poll',
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
    name: 'an aborted subscribe is found at the connection that it was moved to',
    without: one(
      'subscriptions/finish-subscribe.ts',
      'originalEntry === undefined && isMoved ? await findEntry(subscription.connection) : undefined',
      'undefined as RequestEntry | undefined',
    ),
    provokes: /^an entry for nobody|^never finished|^a count of|living and in no entry/,
    seed: 106,
    plan: { moves: 3, crash: 0.02, lostAnswers: 0.3 },
  },
  {
    name: 'a move of a connection includes the entries of its flows',
    without: one(
      'subscriptions/move-connection.ts',
      'if (entry.rowKey === COUNT_KEY) continue;',
      "if (entry.rowKey === COUNT_KEY || entry.rowKey.startsWith('w:')) continue;",
    ),
    provokes: /was never notified of|two deliveries of one event/,
    seed: 18,
    plan: { moves: 2, saves: true, actions: 4 },
  },
  {
    name: 'a list that hangs delays no event of another list',
    without: one(
      'detection/poll.ts',
      '...polls.map(async (poll) => ports.fanOut((await poll).committed)),',
      '...polls.map(async (poll) => (await allDone(polls), ports.fanOut((await poll).committed))),',
    ),
    provokes: late,
    seed: 9,
    plan: {
      ...unhurried,
      triggers: ['segment-threshold-crossed', 'unification-refresh-completed'],
      hangs: [{ ...hanging, of: 'instance', instance: 0, list: 'jobs' }],
    },
  },
  {
    name: 'an instance that hangs delays no event of another instance',
    without: one('composition/compose-detection.ts', 'const POLLS_AT_ONCE = 32;', 'const POLLS_AT_ONCE = 1;'),
    provokes: late,
    seed: 5,
    plan: {
      ...unhurried,
      workers: 1,
      neighbours: 3,
      hangs: [{ ...hanging, of: 'instance', instance: 0, list: 'all' }],
    },
  },
  {
    name: 'a flow that hangs delays no other flow',
    without: one(
      'composition/compose-deliveries.ts',
      'const ATTEMPTS_IN_FLIGHT = 256;',
      'const ATTEMPTS_IN_FLIGHT = 1;',
    ),
    provokes: late,
    seed: 12,
    plan: { ...unhurried, workers: 1, hangs: [{ ...hanging, of: 'flow', flow: 0, accepts: false }] },
  },
  {
    name: 'an open job that cannot be read by id does not hide the other jobs',
    without: one(
      'detection/read-refreshes.ts',
      `if (!(error instanceof CustomerInsightsError)) throw error;
      failure = decisiveFailure(`,
      `throw error;
      failure = decisiveFailure(`,
    ),
    provokes: late,
    seed: 2,
    plan: { ...unhurried, triggers: ['unification-refresh-completed'], endlessJobs: 4, oddIds: true, jobs: 14 },
  },
];
