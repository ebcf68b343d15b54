import { atOnce } from '../at-once.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseSchedule, periodOf } from '../ncrontab.ts';

export interface SchedulePorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** All instances that are polled, in any order that is the same every time. */
  readonly instanceIds: () => Promise<readonly string[]>;
  /** Sends one message for these instances, which expires after `timeToLiveMs`. */
  readonly send: (instanceIds: readonly [string, ...string[]], timeToLiveMs: number) => Promise<void>;
  readonly timing: PollTiming;
}

/** How the lives of poll messages follow from the schedule. */
export interface PollTiming {
  /** The shortest time between two firings. */
  readonly periodMs: number;
  /** A message that waited this long is overtaken by those of the next firing. */
  readonly messageLivesMs: number;
}

/** Time for the timer to be late, and for the next firing to send its first messages. */
const SHARE_OF_PERIOD = 3 / 4;
/** The host looks at an idle queue once a second: a message that lives shorter may never be seen. */
const SHORTEST_LIFE_MS = 5_000;

/**
 * Of an NCRONTAB expression, as of `nowMs`; one that the settings would refuse counts as once a minute. Messages live shorter than the period,
 * so that they do not pile up; periods below 7 s, for trying things out, apart.
 */
export function pollTiming(pollSchedule: string, nowMs: number): PollTiming {
  const schedule = parseSchedule(pollSchedule);
  const periodMs = schedule === undefined ? 60_000 : periodOf(schedule, nowMs);
  return { periodMs, messageLivesMs: Math.max(SHORTEST_LIFE_MS, periodMs * SHARE_OF_PERIOD) };
}

/**
 * A process has at most 32 messages in hand (host.json). With 16 instances in each, those are 512 polls: at a second a poll and 32 polls at
 * once, 16 s of work. With more, a process would hold on to polls that idle ones could make.
 */
const MOST_IN_A_MESSAGE = 16;
/** Few instances are spread over at least this many messages, twice what one process has in hand: so several processes share them. */
const SPREAD_OVER = 64;
/** Sends on their way at once, each on a connection of its own. */
const SENDS_AT_ONCE = 32;
/** Multiples of it, without their whole part, fill the range from 0 to 1 evenly, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** How many instances a message carries when there are `count`. */
export function instancesPerMessage(count: number): number {
  return Math.min(MOST_IN_A_MESSAGE, Math.max(1, Math.ceil(count / SPREAD_OVER)));
}

/**
 * The instances in groups of one message each, in the order in which they are sent. It begins elsewhere at each firing: when there is no
 * time or no worker for all of them, the ones at the end are others each time, and an instance that is slow has other neighbours.
 */
export function pollGroups(instanceIds: readonly string[], firing: number): (readonly [string, ...string[]])[] {
  const start = Math.floor(((firing * GOLDEN_RATIO) % 1) * instanceIds.length);
  const rotated = [...instanceIds.slice(start), ...instanceIds.slice(0, start)];
  const size = instancesPerMessage(rotated.length);
  const groups: (readonly [string, ...string[]])[] = [];
  for (let from = 0; from < rotated.length; from += size) {
    const [first, ...others] = rotated.slice(from, from + size);
    if (first !== undefined) groups.push([first, ...others]);
  }
  return groups;
}

/**
 * Has each instance polled once, by one message for several. All messages of a firing expire at the same instant; what is not sent by then is
 * left to the next firing. Rejects with the first failure when storage did not take all messages, after it has tried the others.
 */
export async function schedulePolls({ clock, log, instanceIds, send, timing }: SchedulePorts): Promise<void> {
  const firedAtMs = clock.now();
  const untilMs = firedAtMs + timing.messageLivesMs;
  const groups = pollGroups(await instanceIds(), Math.floor(firedAtMs / timing.periodMs));
  let unsent = 0;
  await atOnce(SENDS_AT_ONCE, groups, async (group) => {
    const leftMs = untilMs - clock.now();
    if (leftMs > 0) await send(group, leftMs);
    else unsent += group.length;
  });
  if (unsent > 0) log.warn('polls.unsent', { instances: unsent });
}
