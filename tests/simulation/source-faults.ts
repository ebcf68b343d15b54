import type { Dice } from './dice.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The lists of Customer Insights that a poll reads separately. */
export type List = 'jobs' | 'segments' | 'measures';

/**
 * A period in which calls get no response at all, so that each ends with the caller's own timeout.
 */
export type Hang = {
  /** Since the start of the simulation. */
  readonly afterMs: number;
  readonly lastsMs: number;
} & (
  | {
      readonly of: 'instance';
      /** Its position in the `instances` of `namesOf`. */
      readonly instance: number;
      /** Only the calls for this list hang. */
      readonly list: List | 'all';
    }
  | {
      readonly of: 'flow';
      /** Its position among the flows. */
      readonly flow: number;
      /** Whether the flow starts although it does not respond. */
      readonly accepts: boolean;
    }
);

/**
 * What Customer Insights and flows do that is no failure: they show old states, do not respond, or
 * are odd.
 */
export interface SourceFaults {
  /** The probability that a list of Customer Insights comes from a replica that lags. */
  readonly lags: number;
  /** How far such a replica is behind, at most. The next list may come from another replica. */
  readonly lagMs: number;
  readonly hangs: readonly Hang[];
  /** The number of additional flows, each at an instance of its own. */
  readonly neighbours: number;
  /** The probability that a job is listed only after it has ended, behind newer ones. */
  readonly reportedLate: number;
  readonly reportedLateMs: number;
  /** The number of additional jobs that never end. */
  readonly endlessJobs: number;
  /**
   * Whether ids are in upper case or quoted, and names have characters that keys and paths do not
   * allow. The first endless job then cannot be read by id.
   */
  readonly oddIds: boolean;
}

export const noSourceFaults: SourceFaults = {
  lags: 0,
  lagMs: 0,
  hangs: [],
  neighbours: 0,
  reportedLate: 0,
  reportedLateMs: 0,
  endlessJobs: 0,
  oddIds: false,
};

export function lagsOf(dice: Dice): Partial<SourceFaults> {
  if (!dice.chance(0.1)) return {};
  return { lags: dice.pick([0.1, 0.5, 0.9]), lagMs: dice.pick([5 * SECOND, 30 * SECOND, 3 * MINUTE, 10 * MINUTE]) };
}

/**
 * Instances and flows that do not respond for minutes to hours. `isSteady`: nothing else may delay
 * a callback, so that the checker sees which flows the hang delays.
 */
export function hangsOf(
  { flows, stormMs }: { readonly flows: number; readonly stormMs: number },
  dice: Dice,
): { readonly plan: Partial<SourceFaults>; readonly isSteady: boolean } {
  if (!dice.chance(0.08)) return { plan: {}, isSteady: false };
  const neighbours = dice.between(1, 3);
  const hangs = Array.from({ length: dice.between(1, 3) }, (): Hang => {
    const afterMs = dice.between(0, stormMs * 0.8);
    const longestMs = Math.min(stormMs - afterMs, dice.pick([5 * MINUTE, HOUR, 12 * HOUR]));
    const span = { afterMs, lastsMs: dice.between(SECOND, longestMs) };
    if (dice.chance(0.4)) {
      return { ...span, of: 'flow', flow: dice.between(0, flows + neighbours - 1), accepts: dice.chance(0.3) };
    }
    const list = dice.pick(['all', 'all', 'jobs', 'segments', 'measures'] as const);
    return { ...span, of: 'instance', instance: dice.between(0, neighbours), list };
  });
  return { plan: { neighbours, hangs }, isSteady: dice.chance(0.7) };
}

/** Late reports, jobs that never end, and odd ids. */
export function oddOf(dice: Dice): Partial<SourceFaults> {
  if (!dice.chance(0.12)) return {};
  return {
    ...(dice.chance(0.5) && {
      reportedLate: dice.pick([0.2, 0.6]),
      reportedLateMs: dice.pick([10 * MINUTE, 5 * HOUR]),
    }),
    ...(dice.chance(0.5) && { endlessJobs: dice.pick([1, 4, 15, 25]) }),
    oddIds: dice.chance(0.5),
  };
}

/** The hangs of an instance that concern a list, with the times of their beginning and end. */
export function hangsOfList(
  { hangs, startMs }: { readonly hangs: readonly Hang[]; readonly startMs: number },
  instance: number,
  list: List | undefined,
): { readonly fromMs: number; readonly untilMs: number }[] {
  return hangs.flatMap((hang) => {
    if (hang.of !== 'instance' || hang.instance !== instance) return [];
    if (hang.list !== 'all' && hang.list !== list) return [];
    return [{ fromMs: startMs + hang.afterMs, untilMs: startMs + hang.afterMs + hang.lastsMs }];
  });
}

/** The first hang of a flow in a period, or at a time. */
export function hangOfFlow(
  { hangs, startMs }: { readonly hangs: readonly Hang[]; readonly startMs: number },
  flow: number,
  fromMs: number,
  untilMs = fromMs,
): { readonly accepts: boolean } | undefined {
  return hangs.flatMap((hang) => {
    if (hang.of !== 'flow' || hang.flow !== flow) return [];
    const beginsMs = startMs + hang.afterMs;
    return beginsMs <= untilMs && fromMs < beginsMs + hang.lastsMs ? [hang] : [];
  })[0];
}

/** Whether anything hangs at a time. */
export function hangsAt(
  { hangs, startMs }: { readonly hangs: readonly Hang[]; readonly startMs: number },
  atMs: number,
): boolean {
  return hangs.some(({ afterMs, lastsMs }) => startMs + afterMs <= atMs && atMs < startMs + afterMs + lastsMs);
}

/**
 * A call to Customer Insights that hangs ends after its three tries of 10 s and the waits between
 * them.
 */
export const HUNG_CALL_MS = 31_500;
/** How often a poll reads the task history, which shows what is listed behind newer jobs. */
const HISTORY_EVERY_MS = 15 * MINUTE;
/** Open jobs that one poll reads by id. */
const JOBS_READ = 10;
/** The period of polls after the faults have stopped. */
const CALM_POLL_MS = 130 * SECOND;

/**
 * From when on every poll that begins can read what Customer Insights shows since `publishedAtMs`,
 * and whether hanging calls are a reason for that.
 */
export function shownWhen(
  plan: SourceFaults & { readonly startMs: number; readonly pollEveryMs: number; readonly jobs: number },
  fact: { readonly instance: number; readonly list: List; readonly publishedAtMs: number; readonly isLate: boolean },
): { readonly shownByMs: number; readonly isHeldUp: boolean } {
  const { instance, list, publishedAtMs, isLate } = fact;
  // Polls read the open jobs in turn. A job that cannot be read ends the turn of one poll early.
  const turns = Math.ceil((plan.endlessJobs + plan.jobs) / JOBS_READ) + (plan.oddIds ? 1 : 0);
  const rounds = list === 'jobs' && plan.endlessJobs > 0 ? turns : 0;
  const pollMs = Math.max(plan.pollEveryMs, CALM_POLL_MS);
  const listedMs = (plan.lags > 0 ? plan.lagMs : 0) + (isLate ? HISTORY_EVERY_MS : 0) + rounds * pollMs;
  let shownByMs = publishedAtMs + listedMs;
  let isHeldUp = false;
  for (const { fromMs, untilMs } of hangsOfList(plan, instance, list).toSorted((a, b) => a.fromMs - b.fromMs)) {
    // The poll that would have read it hangs.
    if (untilMs <= publishedAtMs || fromMs > shownByMs + plan.pollEveryMs + HUNG_CALL_MS) continue;
    shownByMs = Math.max(shownByMs, untilMs + HUNG_CALL_MS + listedMs);
    isHeldUp = true;
  }
  return { shownByMs, isHeldUp };
}
