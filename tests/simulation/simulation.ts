import { createBackend, type Backend } from '../../shared/backend.ts';
import { memoryCustomerInsights } from '../../shared/insights/memory-customer-insights.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import { instanceKey } from '../../shared/rate-limit/instance-calls.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { createFlowPlatform } from './flow-platform.ts';
import { createHost } from './host.ts';
import { createChecker } from './checker.ts';
import { CLAIM_MS, clockErrorMs, planOf, type Plan } from './plan.ts';
import { createOperator } from './operator.ts';
import { portsOf } from './ports.ts';
import { INSTANCE, liveSources, type SourceScript } from './source-script.ts';
import { nextPassMs } from '../helpers/next-pass.ts';
import { createStage, type Stage } from './stage.ts';
import { watchTables, storedState } from './stored-checks.ts';

export interface Outcome {
  readonly seed: number;
  readonly plan: Plan;
  /** What was broken first; absent when everything held. */
  readonly violation: string | undefined;
  readonly steps: number;
  readonly posts: number;
  readonly storageCalls: number;
  /** Messages that were sent. */
  readonly messages: number;
  /** How often each kind of misfortune was dealt out, and each action of a flow's owner. */
  readonly counts: ReadonlyMap<string, number>;
  /** Every step, one line each, and their hash: the same for the same seed. */
  readonly trace: () => string;
  readonly hash: () => string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longer than a claim. */
const CALM_POLL_MS = 130 * SECOND;
/** Longer than the longest retry schedule, shorter than what is parked for a week. */
const PROMPT_MS = 40 * HOUR;
/** Nothing waits for longer than two weeks: a pointer is kept for one after an event that was open for long. */
const END_MS = 40 * DAY;
/** Many times what a world of hours has that comes to an end, and one of weeks. */
const MAX_HAPPENINGS = 50_000;
const MAX_HAPPENINGS_OF_WEEKS = 500_000;

/** One small world from its first subscribe to the last message, in virtual time. */
export async function simulate(seed: number, change: Partial<Plan> = {}): Promise<Outcome> {
  await breathe();
  const plan = { ...planOf(seed), ...change };
  const trueClock = { now: (): number => stage.timeline.now(), sleep: (): Promise<void> => Promise.resolve() };
  const queues = createMemoryQueues({ clock: trueClock });
  const insights = memoryCustomerInsights({ clock: trueClock });
  const data = insights.hold({ instance: { instanceId: INSTANCE, name: 'Contoso', instanceType: 'production' } });
  let isWorkChanged = false;
  const tables = watchTables(
    createMemoryTables(),
    (what) => stage.violate(what),
    () => (isWorkChanged = true),
  );

  const stage: Stage = createStage(plan, (theStage, worker) =>
    createBackend(
      portsOf(theStage, worker, {
        tables,
        queues,
        insights,
        client: { post: (request) => platform.client.post(request), close: () => Promise.resolve() },
        noticeSent: (queue, delayMs) => host.noticeSent(queue, delayMs),
      }),
      {
        callbackPolicy: { allowedHosts: ['.flows.example.org'], allowedNetworks: parseNetworks('') },
        encryptionKeys: [{ kid: 'test', key: Buffer.alloc(32, 7) }],
        signingSecrets: [],
        allowedInstances: new Set(),
        maxSubscriptionsPerConnection: 1000,
        rateLimit: { calls: plan.calls, windowSeconds: 60 },
        claimMs: CLAIM_MS,
        deliveryScheduleSeconds: plan.scheduleSeconds,
        operatorWebhook: undefined,
        publicBaseUrl: 'https://triggers.example.org',
        pollSchedule: '0 * * * * *',
        retentionMonths: 3,
      },
    ),
  );
  const { timeline, dice } = stage;
  stage.trace.add(plan.startMs, '-', `PLAN ${JSON.stringify(plan)}`);
  const stored = storedState(stage, tables, queues);
  const host = createHost(stage, queues, (message) => stored.watchVoid(message));
  const life: SourceScript = liveSources(stage, data);
  const judge = createChecker(
    stage,
    () => life.facts,
    (deliveryId) => tables.isDelivered(deliveryId),
  );
  const platform = createFlowPlatform(stage, judge);
  const operator = createOperator(stage, platform, judge);

  const every = (periodMs: number, action: () => void): void => {
    timeline.at(timeline.now() + periodMs, () => {
      if (stage.isCalm()) return false;
      action();
      every(periodMs, action);
      return true;
    });
  };
  const maxHappenings = plan.stormMs > DAY ? MAX_HAPPENINGS_OF_WEEKS : MAX_HAPPENINGS;
  let happenings = 0;
  const runUntil = async (untilMs: number): Promise<void> => {
    for (;;) {
      // Also for changes before the first step: nothing else may be left to happen.
      if (isWorkChanged) await planPass();
      const woke = timeline.step(untilMs);
      if (woke === undefined || stage.violation() !== undefined) return;
      if (++happenings > maxHappenings) stage.violate(`still busy after ${maxHappenings} happenings`);
      if (woke) await quiet();
    }
  };
  /** A pass that finds nothing to look at does nothing: only the others are made. */
  let passAtMs = Infinity;
  const planPass = async (): Promise<void> => {
    isWorkChanged = false;
    const nextMs = await nextPassMs(tables, timeline.now(), plan.reconcileEveryMs);
    if (nextMs === passAtMs) return;
    passAtMs = nextMs;
    if (nextMs === Infinity) return;
    timeline.at(nextMs, () => {
      if (passAtMs !== nextMs) return false;
      passAtMs = Infinity;
      // What it cannot do now is done by the next one.
      isWorkChanged = true;
      host.reconcile();
      return true;
    });
  };
  const checkFindable = async (when: string): Promise<void> => {
    for (const what of await stored.unfindable()) stage.violate(`${when}, ${what}`);
  };
  const checkOwed = (): void => {
    for (const { flow, fact, why } of judge.owed(platform.flows))
      stage.violate(`${flow.name} was never told of ${fact.trigger} ${fact.occurredAt}, ${why}`);
    for (const { flow, fact, afterMs } of judge.late(platform.flows))
      stage.violate(`${flow.name} was told of ${fact.trigger} ${fact.occurredAt} after ${afterMs / SECOND} s`);
    for (const { flow, fact, since, byMs } of judge.overdue(platform.flows))
      stage.violate(`${flow.name} waits for ${fact.trigger} ${fact.occurredAt} since ${since}, ${byMs / SECOND} s ago`);
  };

  /** Twice: what somebody received who broke off comes back after a minute. */
  const putBack = async (): Promise<void> => {
    operator.redriveAll();
    timeline.at(timeline.now() + 2 * MINUTE, () => {
      operator.redriveAll();
      return true;
    });
    await quiet();
  };

  const sweepHourly = (): void => {
    for (let hour = 1; hour <= PROMPT_MS / HOUR; hour++) {
      timeline.at(timeline.now() + hour * HOUR, () => {
        host.sweep();
        return true;
      });
    }
  };

  platform.begin();
  operator.begin();
  every(plan.pollEveryMs, () => host.schedulePolls());
  for (let sweep = 0; sweep < plan.sweeps; sweep++) {
    timeline.at(plan.startMs + dice.between(0, plan.stormMs), () => {
      host.sweep();
      return true;
    });
  }
  for (let times = 0; times < plan.greed; times++) {
    const places = dice.between(1, 2 * plan.calls);
    timeline.at(plan.startMs + dice.between(0, plan.stormMs), () => {
      const take = ({ limiter }: Backend): Promise<unknown> =>
        Promise.all(Array.from({ length: places }, () => limiter.take(instanceKey(INSTANCE))));
      stage.start(`others make ${places} calls`, take, () => undefined);
      return true;
    });
  }
  const stormEndsMs = plan.startMs + plan.stormMs;
  for (let part = 1; part <= 3; part++) {
    await runUntil(plan.startMs + (plan.stormMs * part) / 3);
    timeline.skipTo(plan.startMs + (plan.stormMs * part) / 3);
    if (stage.violation() === undefined) await checkFindable('in the storm');
  }

  stage.calmDown();
  if (plan.poisons > 0) {
    if (plan.redrives) await putBack();
    else sweepHourly();
  }
  /** What a clock that was ahead has dated or claimed stays young for as long. */
  const maxPolls = 400 + Math.ceil(clockErrorMs(plan) / CALM_POLL_MS);
  /** Polls go on as long as something happens that only a poll goes on with. */
  for (let polls = 0, idle = 0; polls < maxPolls && stage.violation() === undefined; polls++) {
    // A process may have been frozen for long in a poll, or the poll waits for places for its calls: it opens events that the next one closes.
    const isAtWork = stage.workers.some(({ runs }) => runs.size > 0) || queues.waiting('polls').length > 0;
    const isIdle = !isAtWork && !life.isBusy() && !platform.isBusy() && (await stored.outboxEntries()) === 0;
    idle = isIdle ? idle + 1 : 0;
    if (idle > 2) break;
    host.schedulePolls();
    await quiet();
    const waitMs = life.isBusy() ? plan.pollEveryMs : CALM_POLL_MS;
    const untilMs = timeline.now() + waitMs;
    await runUntil(untilMs);
    timeline.skipTo(untilMs);
  }
  const isOff = platform.flows.some(({ offFromMs }) => offFromMs !== undefined);
  const offMs = isOff ? Math.max(...plan.offMs) : 0;
  // A sweep comes late, and only then the schedule begins.
  const sweptMs = plan.redrives ? 0 : PROMPT_MS;
  const promptMs = Math.max(timeline.now(), stormEndsMs) + PROMPT_MS + offMs + sweptMs;
  await runUntil(promptMs);
  timeline.skipTo(promptMs);
  operator.lookAtAll();
  await quiet();
  if (stage.violation() === undefined) {
    await checkFindable('in the calm');
    checkOwed();
    for (const { url } of judge.wronglyDisabled(platform.flows)) stage.violate(`${url} is disabled without a reason`);
  }
  if (platform.flows.some(({ versions }) => versions.some(({ isDisabled }) => isDisabled))) {
    operator.resumeAll();
    await quiet();
    await runUntil(timeline.now() + PROMPT_MS);
    checkOwed();
  }
  if (plan.recovers && stage.violation() === undefined) {
    operator.recoverAll();
    await quiet();
    // A message may be lost: then the next pass of the reconciler sends it again.
    await runUntil(timeline.now() + HOUR + plan.reconcileEveryMs);
    checkOwed();
  }
  await runUntil(stormEndsMs + END_MS);
  timeline.skipTo(stormEndsMs + END_MS);
  if (stage.violation() === undefined) {
    checkOwed();
    host.sweep();
    await quiet();
    await stored.checkEnd();
    for (const { runs } of stage.workers)
      for (const run of runs) stage.violate(`#${run.number} ${run.what} never ends`);
  }
  return {
    seed,
    plan,
    violation: stage.violation(),
    steps: stage.trace.length(),
    posts: judge.posts.length,
    storageCalls: stage.storageCalls(),
    messages: stage.messages(),
    counts: stage.counts,
    trace: () => stage.trace.text(),
    hash: () => stage.trace.hash(),
  };
}

/**
 * Lets everything go on that can go on without a further answer: Node comes to its next ticks when no promise has anything
 * left to do. Called by a promise's continuation only: ticks follow each other without a look at the promises.
 */
function quiet(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Lets the rest of the process have its turn: signals, output, timers. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
