import type { Trigger } from '../../shared/triggers/trigger.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import { diceOf, type Dice } from './dice.ts';

/** How long a worker's claim on a chunk or a retry holds. */
export const CLAIM_MS = 120_000;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A time in which the whole app, storage or Customer Insights is away. */
export interface Outage {
  readonly of: 'app' | 'storage' | 'Customer Insights';
  /** After the start. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

/** What a seed's world is like: how large, and which kinds of misfortune it knows and how often (swarm testing). */
export interface Plan {
  readonly seed: number;
  readonly startMs: number;
  readonly workers: number;
  readonly flows: number;
  readonly triggers: readonly Trigger[];
  readonly pollEveryMs: number;
  /** How long there are actions and faults; then everything is calm. */
  readonly stormMs: number;
  readonly scheduleSeconds: readonly number[];
  /** Calls and answers take up to this long each, mostly much less. */
  readonly latencyMs: number;
  /** Chances per storage call. */
  readonly storage: {
    readonly failsBefore: number;
    readonly failsAfter: number;
    readonly echoes: number;
    readonly slow: number;
  };
  /** Chance that a Customer Insights call fails. */
  readonly insightsFails: number;
  /** Chances per answer that a worker gets. */
  readonly crash: number;
  readonly freeze: number;
  /** Clocks differ from true time by up to this. */
  readonly skewMs: number;
  readonly clockJumps: number;
  readonly longestJumpMs: number;
  readonly duplicates: number;
  readonly lateMs: number;
  /** Evaluations and refreshes in the storm. */
  readonly evaluations: number;
  readonly jobs: number;
  /** Flows are made until this long after the start. */
  readonly madeBeforeMs: number;
  /** Actions of one flow after it has subscribed. */
  readonly actions: number;
  readonly saves: boolean;
  readonly overlaps: boolean;
  readonly ends: boolean;
  readonly turnsOff: boolean;
  /** How long a flow stays turned off that is turned on again. */
  readonly offMs: readonly number[];
  /** Troubles per flow, and how long each lasts at most. */
  readonly flowTroubles: number;
  readonly troubleMs: readonly number[];
  readonly lostAnswers: number;
  readonly platformFaults: number;
  readonly sweeps: number;
  /** How often the reconciler has a pass. */
  readonly reconcileEveryMs: number;
  /** Calls that an instance takes in a minute; 0: as many as anybody likes. */
  readonly calls: number;
  /** How often others use them up. */
  readonly greed: number;
  readonly operatorActions: number;
  /** How often the operator looks which subscriptions are disabled, and puts poison queues back. */
  readonly operatorLooks: number;
  /** Chance that a message meets a bug, and ends in its poison queue. */
  readonly poisons: number;
  /** Whether they put back, when all is calm, what is in poison queues; else only sweeps help. */
  readonly redrives: boolean;
  /** Whether the operator recovers, when all is calm, whatever was lost. */
  readonly recovers: boolean;
  /** Chance that a message is lost, of which nobody hears. */
  readonly losses: number;
  /** The number of the one message that is lost, whenever it is sent; 0: none. */
  readonly losesMessage: number;
  readonly outages: readonly Outage[];
  /** How often the operator moves the connection, after its key was rotated. */
  readonly moves: number;
  /** How often the operator deletes a subscription. */
  readonly operatorEnds: number;
  /** How often the operator sends again what all subscriptions lost. */
  readonly recoveries: number;
}

/** Flows fail, workers crash, and the operator sends again what all subscriptions lost. */
export const recovering: Partial<Plan> = { recoveries: 4, flowTroubles: 3, crash: 0.02 };

/** Everything off but what the dice switch on. */
export function planOf(seed: number): Plan {
  // Dice of their own again, for what was thought of later.
  const people = diceOf(seed * 19 + 13);
  const isMeddling = people.chance(0.15);
  const meddling = isMeddling ? { moves: people.between(0, 2), operatorEnds: people.between(0, 2) } : {};
  const plan = { ...stormOf(seed), ...meddling };
  const calm = diceOf(seed * 11 + 5);
  if (calm.chance(0.2)) return { ...plan, ...steady, losses: calm.pick([0, 0.05, 0.3]) };
  return { ...plan, outages: outagesOf(plan, diceOf(seed * 17 + 11)) };
}

/** All over when the storm is. */
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

/** Nothing goes wrong but that flows are off, fail and are saved, and that messages are lost and doubled: then the judge knows how late each delivery may be. */
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

function stormOf(seed: number): Plan {
  const plan = dayOf(seed);
  // Dice of their own: what else a seed's world is like does not depend on these.
  const rare = diceOf(seed * 7 + 3);
  const poisons = rare.chance(0.05) ? 0.2 * rare.fraction() : 0;
  if (rare.chance(0.05)) return { ...plan, ...weeksOf(plan, rare), poisons };
  if (rare.chance(0.02)) return { ...plan, ...monthsOf(plan, rare), poisons };
  return poisons > 0 ? { ...plan, poisons, operatorLooks: rare.between(0, 4), redrives: rare.chance(0.5) } : plan;
}

/** Polled twice a day, for as long as it takes until a flow that fails is disabled, and one that is turned off given up. */
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
    // What waits for days is looked at many times: were it sent twice as often as in an hour, it would double without end.
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
    flowTroubles: dice.pick([0, 1, 2, 3]),
    troubleMs: [10 * MINUTE, stormMs, 2 * stormMs],
    sweeps: dice.pick([0, 4, 40]),
    reconcileEveryMs: dice.pick([5 * MINUTE, HOUR, 12 * HOUR]),
    operatorActions: dice.chance(0.2) ? dice.between(1, 6) : 0,
    operatorLooks: dice.between(4, 20),
  };
}

/** Months in which little happens: flows that are off or fail for days, saved meanwhile, and a reconciler that seldom comes by. */
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
    flowTroubles: dice.pick([0, 1, 2]),
    troubleMs: [HOUR, 3 * DAY, 6 * DAY],
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
    flowTroubles: dice.chance(0.6) ? dice.between(1, 3) : 0,
    troubleMs: [MINUTE, 10 * MINUTE, 3 * HOUR],
    lostAnswers: rarely(0.3, 0.3),
    platformFaults: rarely(0.3, 0.3),
    sweeps: dice.chance(0.4) ? dice.between(1, 4) : 0,
    reconcileEveryMs: 3 * MINUTE,
    ...(dice.chance(0.2) ? { calls: dice.pick([16, 20, 30]), greed: dice.between(1, 8) } : { calls: 0, greed: 0 }),
    operatorActions: dice.chance(0.3) ? dice.between(1, 6) : 0,
    operatorLooks: 0,
    poisons: 0,
    redrives: true,
    recovers: dice.chance(0.3),
    losses: 0,
    losesMessage: 0,
    outages: [],
    moves: 0,
    operatorEnds: 0,
    recoveries: 0,
  };
}

/** Some storms cross the end of a month. */
function startOf(dice: Dice, stormMs: number): number {
  const monthEnds = Date.UTC(2026, 11, 1);
  return dice.chance(0.2) ? monthEnds - Math.floor(stormMs * dice.fraction()) : Date.UTC(2026, 10, 23, 10);
}

/** How wrong a worker's clock can be. */
export function clockErrorMs({ skewMs, clockJumps, longestJumpMs }: Plan): number {
  return skewMs + clockJumps * longestJumpMs;
}
