import type { Trigger } from '../../shared/triggers/trigger.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import { diceOf, type Dice } from './dice.ts';
import { hangsOf, lagsOf, noSourceFaults, oddOf, type SourceFaults } from './source-faults.ts';

/** How long a worker's claim on a chunk or a retry is valid. */
export const CLAIM_MS = 120_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A period in which the whole app, storage or Customer Insights is unavailable. */
export interface Outage {
  readonly of: 'app' | 'storage' | 'Customer Insights';
  /** Since the start of the simulation. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

/**
 * What a seed simulates: its size, and which kinds of faults occur and how often (swarm testing).
 */
export interface Plan extends SourceFaults {
  readonly seed: number;
  readonly startMs: number;
  readonly workers: number;
  readonly flows: number;
  readonly triggers: readonly Trigger[];
  readonly pollEveryMs: number;
  /** How long actions and faults occur. After that, everything is calm. */
  readonly stormMs: number;
  readonly scheduleSeconds: readonly number[];
  /** The maximum latency of a call and of its response. Most are much shorter. */
  readonly latencyMs: number;
  /** Probabilities per storage call. */
  readonly storage: {
    readonly failsBefore: number;
    readonly failsAfter: number;
    readonly echoes: number;
    readonly slow: number;
  };
  /** The probability that a call to Customer Insights fails. */
  readonly insightsFails: number;
  /** Probabilities per response that a worker receives. */
  readonly crash: number;
  readonly freeze: number;
  /** The maximum difference between a worker's clock and true time. */
  readonly skewMs: number;
  readonly clockJumps: number;
  readonly longestJumpMs: number;
  readonly duplicates: number;
  readonly lateMs: number;
  /** The number of evaluations and of refreshes before the calm. */
  readonly evaluations: number;
  readonly jobs: number;
  /** Flows are created until this long after the start. */
  readonly madeBeforeMs: number;
  /** The number of actions of a flow after it has subscribed. */
  readonly actions: number;
  readonly saves: boolean;
  readonly overlaps: boolean;
  readonly ends: boolean;
  readonly turnsOff: boolean;
  /** How long a flow stays turned off before it is turned on again. */
  readonly offMs: readonly number[];
  /** The number of faults per flow, and the maximum duration of each. */
  readonly flowFaults: number;
  readonly faultMs: readonly number[];
  readonly lostAnswers: number;
  readonly platformFaults: number;
  readonly sweeps: number;
  /** The period of the reconciler. */
  readonly reconcileEveryMs: number;
  /** How many calls an instance accepts per minute. 0: no limit. */
  readonly calls: number;
  /** How often other callers use them up. */
  readonly greed: number;
  readonly operatorActions: number;
  /**
   * How often the operator checks which subscriptions are disabled, and moves poisoned messages
   * back.
   */
  readonly operatorChecks: number;
  /**
   * The probability that the processing of a message fails with a bug, so that it goes to its
   * poison queue.
   */
  readonly poisons: number;
  /**
   * Whether the operator moves poisoned messages back after the faults have stopped. Otherwise only
   * sweeps help.
   */
  readonly redrives: boolean;
  /** Whether the operator recovers all lost deliveries after the faults have stopped. */
  readonly recovers: boolean;
  /** The probability that a message is lost without notice. */
  readonly losses: number;
  /** The number of the one message that is lost, whenever it is sent. 0: none. */
  readonly losesMessage: number;
  readonly outages: readonly Outage[];
  /** How often the operator moves the connection after its key was rotated. */
  readonly moves: number;
  /** How often the operator deletes a subscription. */
  readonly operatorEnds: number;
  /** How often the operator sends the lost deliveries of all subscriptions again. */
  readonly recoveries: number;
}

/**
 * Flows fail, workers crash, and the operator sends the lost deliveries of all subscriptions again.
 */
export const recovering: Partial<Plan> = { recoveries: 4, flowFaults: 3, crash: 0.02 };

export interface PlanOptions {
  /** Whether every plan is one of the months in which little happens. */
  readonly sparse?: boolean;
}

/** The plan of a seed. Every kind of fault is off unless the dice turn it on. */
export function planOf(seed: number, options: PlanOptions = {}): Plan {
  const plan = faultsOf(seed, options);
  // Separate dice for each kind, so that the plans of the other seeds stay the same.
  const hangs = hangsOf(plan, diceOf(seed * 31 + 23));
  return {
    ...plan,
    ...(hangs.isSteady && { ...steady, turnsOff: false, losses: 0 }),
    ...hangs.plan,
    ...lagsOf(diceOf(seed * 29 + 19)),
    ...oddOf(diceOf(seed * 37 + 29)),
  };
}

function faultsOf(seed: number, options: PlanOptions): Plan {
  // Separate dice, so that plans of earlier kinds stay the same.
  const people = diceOf(seed * 19 + 13);
  const isMeddling = people.chance(0.15);
  const meddling = isMeddling ? { moves: people.between(0, 2), operatorEnds: people.between(0, 2) } : {};
  const plan = { ...stormOf(seed, options), ...meddling };
  const calm = diceOf(seed * 11 + 5);
  if (calm.chance(0.2)) return { ...plan, ...steady, losses: calm.pick([0, 0.05, 0.3]) };
  return { ...plan, outages: outagesOf(plan, diceOf(seed * 17 + 11)) };
}

/** All outages end before the calm. */
function outagesOf({ stormMs }: Plan, dice: Dice): Outage[] {
  if (!dice.chance(0.12)) return [];
  return Array.from({ length: dice.between(1, 2) }, () => {
    const afterMs = dice.between(0, stormMs * 0.8);
    const longestMs = Math.min(stormMs - afterMs, dice.pick([5 * MINUTE, 5 * HOUR, 5 * DAY, 9 * DAY]));
    return {
      of: dice.pick(['app', 'storage', 'Customer Insights'] as const),
      afterMs,
      lastsMs: dice.between(SECOND, longestMs),
    };
  });
}

/**
 * No faults but these: flows are off, fail and are saved, and messages are lost and duplicated. The
 * checker then knows how late each delivery may be.
 */
export const steady: Partial<Plan> = {
  storage: { failsBefore: 0, failsAfter: 0, slow: 0, echoes: 0 },
  insightsFails: 0,
  crash: 0,
  freeze: 0,
  skewMs: 0,
  clockJumps: 0,
  longestJumpMs: 0,
  lateMs: 0,
  latencyMs: 20,
  lostAnswers: 0,
  platformFaults: 0,
  poisons: 0,
  calls: 0,
  greed: 0,
  outages: [],
  hangs: [],
};

/** Whether a plan is as steady as `steady`. */
export function isSteady({ storage, ...plan }: Plan): boolean {
  const chances = [...Object.values(storage), plan.insightsFails, plan.crash, plan.freeze, plan.lostAnswers];
  const isOnTime = plan.clockJumps === 0 && plan.skewMs === 0 && plan.lateMs === 0 && plan.latencyMs <= 500;
  return (
    isOnTime &&
    plan.outages.length === 0 &&
    plan.platformFaults === 0 &&
    plan.poisons === 0 &&
    plan.calls === 0 &&
    chances.every((chance) => chance === 0)
  );
}

function stormOf(seed: number, { sparse = false }: PlanOptions): Plan {
  const plan = dayOf(seed);
  // Separate dice, so that the rest of the plan does not depend on these.
  const rare = diceOf(seed * 7 + 3);
  const poisons = rare.chance(0.05) ? 0.2 * rare.fraction() : 0;
  if (sparse) return { ...plan, ...monthsOf(plan, rare), poisons };
  if (rare.chance(0.05)) return { ...plan, ...weeksOf(plan, rare), poisons };
  if (rare.chance(0.02)) return { ...plan, ...monthsOf(plan, rare), poisons };
  return poisons > 0 ? { ...plan, poisons, operatorChecks: rare.between(0, 4), redrives: rare.chance(0.5) } : plan;
}

/**
 * Two polls a day, for as long as it takes until a failing flow is disabled and one that is turned
 * off is given up.
 */
function weeksOf({ storage, crash, freeze, duplicates }: Plan, dice: Dice): Partial<Plan> {
  const pollEveryMs = 12 * HOUR;
  const stormMs = pollEveryMs * dice.between(14, 24);
  return {
    pollEveryMs,
    stormMs,
    startMs: startOf(dice, stormMs),
    madeBeforeMs: stormMs / 3,
    evaluations: dice.between(6, 20),
    jobs: dice.pick([4, 8, 14]),
    // Messages that wait for days are received many times. With the usual rate of duplicates, they
    // would double without end.
    storage: {
      failsBefore: storage.failsBefore / 100,
      failsAfter: storage.failsAfter / 100,
      echoes: storage.echoes / 100,
      slow: storage.slow,
    },
    crash: crash / 10,
    freeze: freeze / 10,
    duplicates: duplicates / 10,
    offMs: [HOUR, 30 * HOUR, 6 * DAY, 8 * DAY],
    flowFaults: dice.pick([0, 1, 2, 3]),
    faultMs: [10 * MINUTE, stormMs, 2 * stormMs],
    sweeps: dice.pick([0, 4, 40]),
    reconcileEveryMs: dice.pick([5 * MINUTE, HOUR, 12 * HOUR]),
    operatorActions: dice.chance(0.2) ? dice.between(1, 6) : 0,
    operatorChecks: dice.between(4, 20),
  };
}

/**
 * Months in which little happens: flows are off or fail for days, are saved meanwhile, and the
 * reconciler runs rarely.
 */
export function monthsOf(plan: Plan, dice: Dice): Partial<Plan> {
  const stormMs = dice.between(30, 90) * DAY;
  return {
    ...weeksOf(plan, dice),
    stormMs,
    startMs: startOf(dice, stormMs),
    madeBeforeMs: 5 * DAY,
    evaluations: dice.between(6, 14),
    jobs: dice.pick([4, 8]),
    actions: dice.between(1, 6),
    saves: dice.chance(0.7),
    turnsOff: dice.chance(0.8),
    offMs: [DAY, 3 * DAY, 5 * DAY, 6.9 * DAY],
    flowFaults: dice.pick([0, 1, 2]),
    faultMs: [HOUR, 3 * DAY, 6 * DAY],
    scheduleSeconds: [5, 30, 300, 1800, 7200, 18000, 36000, 36000],
    reconcileEveryMs: dice.pick([5 * MINUTE, HOUR, 12 * HOUR]),
  };
}

function dayOf(seed: number): Plan {
  const dice = diceOf(seed);
  const rarely = (probability: number, size: number): number => (dice.chance(probability) ? size * dice.fraction() : 0);
  const pollEveryMs = dice.pick([MINUTE, MINUTE, 2 * MINUTE, 5 * MINUTE]);
  const stormMs = pollEveryMs * dice.between(4, 14);
  const startMs = startOf(dice, stormMs);
  const storageTrouble = dice.pick([0.03, 0.1, 0.3]);
  const jumps = dice.chance(0.15);
  return {
    seed,
    startMs,
    workers: dice.between(1, 3),
    flows: dice.pick([1, 1, 2, 2, 3, 4]),
    triggers: dice.chance(0.6) ? [dice.pick(triggerNames)] : [dice.pick(triggerNames), dice.pick(triggerNames)],
    pollEveryMs,
    stormMs,
    scheduleSeconds: dice.pick([
      [5, 30, 300],
      [5, 30, 300, 1800],
      [5, 30, 300, 1800, 7200, 18000, 36000, 36000],
    ]),
    latencyMs: dice.pick([2, 20, 20, 500, 5000]),
    storage: {
      failsBefore: rarely(0.4, storageTrouble),
      failsAfter: rarely(0.4, storageTrouble),
      echoes: rarely(0.4, storageTrouble),
      slow: rarely(0.3, 0.1),
    },
    insightsFails: rarely(0.3, 0.4),
    crash: rarely(0.4, 0.03),
    freeze: rarely(0.25, 0.02),
    skewMs: dice.chance(0.4) ? dice.between(1, 5) * SECOND : 0,
    clockJumps: jumps ? dice.between(1, 4) : 0,
    longestJumpMs: jumps ? dice.pick([MINUTE, 10 * MINUTE, 6 * HOUR]) : 0,
    duplicates: rarely(0.4, 0.5),
    lateMs: dice.chance(0.4) ? dice.pick([SECOND, 30 * SECOND, 5 * MINUTE]) : 0,
    evaluations: dice.between(3, 16),
    jobs: dice.pick([2, 4, 8, 14]),
    madeBeforeMs: stormMs / 3,
    actions: dice.between(0, 4),
    saves: dice.chance(0.7),
    overlaps: dice.chance(0.2),
    ends: dice.chance(0.3),
    turnsOff: dice.chance(0.4),
    offMs: [10 * MINUTE, HOUR, 30 * HOUR],
    flowFaults: dice.chance(0.6) ? dice.between(1, 3) : 0,
    faultMs: [MINUTE, 10 * MINUTE, 3 * HOUR],
    lostAnswers: rarely(0.3, 0.3),
    platformFaults: rarely(0.3, 0.3),
    sweeps: dice.chance(0.4) ? dice.between(1, 4) : 0,
    reconcileEveryMs: 3 * MINUTE,
    ...(dice.chance(0.2) ? { calls: dice.pick([16, 20, 30]), greed: dice.between(1, 8) } : { calls: 0, greed: 0 }),
    operatorActions: dice.chance(0.3) ? dice.between(1, 6) : 0,
    operatorChecks: 0,
    poisons: 0,
    redrives: true,
    recovers: dice.chance(0.3),
    losses: 0,
    losesMessage: 0,
    outages: [],
    moves: 0,
    operatorEnds: 0,
    recoveries: 0,
    ...noSourceFaults,
  };
}

/** Some simulations cross the end of a month. */
function startOf(dice: Dice, stormMs: number): number {
  const monthEnds = Date.UTC(2026, 11, 1);
  return dice.chance(0.2) ? monthEnds - Math.floor(stormMs * dice.fraction()) : Date.UTC(2026, 10, 23, 10);
}

/** The maximum error of a worker's clock. */
export function clockErrorMs({ skewMs, clockJumps, longestJumpMs }: Plan): number {
  return skewMs + clockJumps * longestJumpMs;
}
