import { createBackend, type Backend } from '../../shared/backend.ts';
import type { CustomerInsights } from '../../shared/insights/customer-insights.ts';
import { memoryCustomerInsights } from '../../shared/insights/memory-customer-insights.ts';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';
import { instanceKey } from '../../shared/rate-limit/instance-calls.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Fact } from './fact.ts';
import { createFlowPlatform } from './flow-platform.ts';
import { createHost } from './host.ts';
import { createChecker } from './checker.ts';
import { CLAIM_MS, clockErrorMs, planOf, type Plan, type PlanOptions } from './plan.ts';
import { createOperator } from './operator.ts';
import { portsOf } from './ports.ts';
import { laggingInsights } from './lagging-insights.ts';
import { storedId } from './names.ts';
import { liveSources, type SourceScript } from './source-script.ts';
import { nextPassMs } from '../helpers/next-pass.ts';
import { createStage, type Stage } from './stage.ts';
import { watchTables, storedState } from './stored-checks.ts';

export interface Outcome {
  readonly seed: number;
  readonly plan: Plan;
  /** The first violation. Absent when there was none. */
  readonly violation: string | undefined;
  readonly steps: number;
  readonly posts: number;
  readonly storageCalls: number;
  /** The number of messages that were sent. */
  readonly messages: number;
  /** How often each kind of fault occurred, and each action of a flow's owner. */
  readonly counts: ReadonlyMap<string, number>;
  /** Every step, one line each, and their hash, which is the same for the same seed. */
  readonly trace: () => string;
  readonly hash: () => string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Longer than a claim. */
const CALM_POLL_MS = 130 * SECOND;
/** Longer than the longest retry schedule, shorter than a delivery stays parked. */
const PROMPT_MS = 40 * HOUR;
/**
 * Nothing waits for longer than two weeks. A redirect is kept for one week after an event that was
 * unfinished for long.
 */
const END_MS = 40 * DAY;
/** Many times the steps of a simulation of hours that ends, and of one of weeks. */
const MAX_HAPPENINGS = 50_000;
const MAX_HAPPENINGS_OF_WEEKS = 500_000;

/** Simulates one seed from its first subscribe to the last message, in virtual time. */
export async function simulate(seed: number, change: Partial<Plan> = {}, options: PlanOptions = {}): Promise<Outcome> {
  await breathe();
  const plan = { ...planOf(seed, options), ...change };
  const trueClock = { now: (): number => stage.timeline.now(), sleep: (): Promise<void> => Promise.resolve() };
  const queues = createMemoryQueues({ clock: trueClock });
  const insights = memoryCustomerInsights({ clock: trueClock });
  let lagged: CustomerInsights | undefined;
  const lagging = (theStage: Stage): CustomerInsights =>
    (lagged ??= laggingInsights(theStage, insights, (instanceId, atMs) => lives.get(instanceId)?.heldAt(atMs)));
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
        insights: lagging(theStage),
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
  const facts: Fact[] = [];
  const lives = new Map(
    stage.names.instances.map((instanceId, index): [string, SourceScript] => {
      const held = insights.hold({
        instance: { instanceId: storedId(instanceId), name: 'Contoso', instanceType: 'production' },
      });
      held.instance = { ...held.instance, instanceId };
      return [storedId(instanceId), liveSources(stage, { data: held, instance: index, facts })];
    }),
  );
  const isBusy = (): boolean => [...lives.values()].some((life) => life.isBusy());
  const checker = createChecker(
    stage,
    () => facts,
    (deliveryId) => tables.isDelivered(deliveryId),
  );
  const platform = createFlowPlatform(stage, checker);
  const operator = createOperator(stage, platform, checker);

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
      // Also for changes before the first step, when nothing else may be left to happen.
      if (isWorkChanged) await planPass();
      const woke = timeline.step(untilMs);
      if (woke === undefined || stage.violation() !== undefined) return;
      if (++happenings > maxHappenings) stage.violate(`still busy after ${maxHappenings} happenings`);
      if (woke) await quiet();
    }
  };
  /** Schedules only the runs of the reconciler that have work. The others would change nothing. */
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
      // The next run does what fails now.
      isWorkChanged = true;
      host.reconcile();
      return true;
    });
  };
  const checkFindable = async (when: string): Promise<void> => {
    for (const what of await stored.unfindable()) stage.violate(`${when}, ${what}`);
  };
  const checkOwed = (): void => {
    for (const { flow, fact, why } of checker.owed(platform.flows))
      stage.violate(`${flow.name} was never notified of ${fact.trigger} ${fact.occurredAt}, ${why}`);
    for (const { flow, fact, afterMs } of checker.late(platform.flows))
      stage.violate(`${flow.name} was notified of ${fact.trigger} ${fact.occurredAt} after ${afterMs / SECOND} s`);
    for (const { flow, fact, since, byMs } of checker.overdue(platform.flows))
      stage.violate(`${flow.name} waits for ${fact.trigger} ${fact.occurredAt} since ${since}, ${byMs / SECOND} s ago`);
  };

  /**
   * Twice, because messages that a crashed redrive had received become visible again after a
   * minute.
   */
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
        Promise.all(
          Array.from({ length: places }, () => limiter.take(instanceKey(storedId(stage.names.instances[0])))),
        );
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
  /** Claims and times of a worker whose clock was ahead stay valid for as long as it was ahead. */
  const maxPolls = 400 + Math.ceil(clockErrorMs(plan) / CALM_POLL_MS);
  /** Polls continue while there is work that only a poll continues. */
  for (let polls = 0, idle = 0; polls < maxPolls && stage.violation() === undefined; polls++) {
    // A process may have been frozen in a poll, or the poll waits for call permits. It commits
    // events that the next poll completes.
    const isAtWork = stage.workers.some(({ runs }) => runs.size > 0) || queues.waiting('polls').length > 0;
    const isRead = !isBusy() && facts.every(({ shownByMs }) => shownByMs <= timeline.now());
    const isIdle = !isAtWork && isRead && !platform.isBusy() && (await stored.outboxEntries()) === 0;
    idle = isIdle ? idle + 1 : 0;
    if (idle > 2) break;
    host.schedulePolls();
    await quiet();
    const waitMs = isBusy() ? plan.pollEveryMs : CALM_POLL_MS;
    const untilMs = timeline.now() + waitMs;
    await runUntil(untilMs);
    timeline.skipTo(untilMs);
  }
  const isOff = platform.flows.some(({ offFromMs }) => offFromMs !== undefined);
  const offMs = isOff ? Math.max(...plan.offMs) : 0;
  // A sweep comes late, and the retry schedule begins only after it.
  const sweptMs = plan.redrives ? 0 : PROMPT_MS;
  const promptMs = Math.max(timeline.now(), stormEndsMs) + PROMPT_MS + offMs + sweptMs;
  await runUntil(promptMs);
  timeline.skipTo(promptMs);
  operator.checkAll();
  await quiet();
  if (stage.violation() === undefined) {
    await checkFindable('in the calm');
    checkOwed();
    for (const { url } of checker.wronglyDisabled(platform.flows)) stage.violate(`${url} is disabled without a reason`);
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
    // A message may be lost. The next run of the reconciler then sends it again.
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
    posts: checker.posts.length,
    storageCalls: stage.storageCalls(),
    messages: stage.messages(),
    counts: stage.counts,
    trace: () => stage.trace.text(),
    hash: () => stage.trace.hash(),
  };
}

/**
 * Runs everything that can run without a further response. Node comes to its next ticks when no
 * promise has work left. Call it only from the continuation of a promise, because ticks follow each
 * other without a check of the promises.
 */
function quiet(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Gives the rest of the process a turn: signals, output, timers. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
