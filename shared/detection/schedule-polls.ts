import { atOnce } from '../at-once.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseSchedule, periodOf } from '../ncrontab.ts';

export interface SchedulePorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** All instances that are polled. The order may be any, but must be the same every time. */
  readonly instanceIds: () => Promise<readonly string[]>;
  /** Sends one message for these instances, which expires after `timeToLiveMs`. */
  readonly send: (instanceIds: readonly [string, ...string[]], timeToLiveMs: number) => Promise<void>;
  readonly timing: PollTiming;
}

/** The expiry of poll messages, derived from the schedule. */
export interface PollTiming {
  /** The shortest time between two firings. */
  readonly periodMs: number;
  /** The time to live of a message. The messages of the next firing replace an older one. */
  readonly messageTtlMs: number;
}

/** Leaves time for a late timer, and for the next firing to send its first messages. */
const SHARE_OF_PERIOD = 3 / 4;
/**
 * The host polls an idle queue once a second, so a message that expires sooner may never be
 * received.
 */
const MIN_TTL_MS = 5_000;

/**
 * The timing of an NCRONTAB expression as of `nowMs`. An invalid expression counts as once a
 * minute. Messages expire before the next firing, so that they do not accumulate. Periods below 7
 * s, which are for experiments only, are the exception.
 */
export function pollTiming(pollSchedule: string, nowMs: number): PollTiming {
  const schedule = parseSchedule(pollSchedule);
  const periodMs = schedule === undefined ? 60_000 : periodOf(schedule, nowMs);
  return { periodMs, messageTtlMs: Math.max(MIN_TTL_MS, periodMs * SHARE_OF_PERIOD) };
}

/**
 * A process handles at most 32 messages at a time (host.json). With 16 instances each, these are
 * 512 polls. At one second per poll and 32 concurrent polls, they take 16 s. With larger messages,
 * a process would keep polls that idle processes could make.
 */
const MAX_PER_MESSAGE = 16;
/**
 * Instances are spread over at least this many messages, twice as many as one process handles at a
 * time, so that several processes share them.
 */
const SPREAD_OVER = 64;
/** Concurrent sends, each on its own connection. */
const CONCURRENT_SENDS = 32;
/**
 * The fractional parts of the multiples of this number fill the range from 0 to 1 evenly, for any
 * count.
 */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** How many of `count` instances one message carries. */
export function instancesPerMessage(count: number): number {
  return Math.min(MAX_PER_MESSAGE, Math.max(1, Math.ceil(count / SPREAD_OVER)));
}

/**
 * Groups the instances into messages, in the order of sending. Each firing starts at a different
 * instance. If there is not enough time or workers for all instances, different ones are left out
 * each time. A slow instance also shares its message with different ones.
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
 * Has each instance polled once, by messages for several instances each. All messages of a firing
 * expire at the same instant. Instances whose message is not sent by then are left to the next
 * firing. Tries all messages. Rejects with the first failure when storage did not accept all of
 * them.
 */
export async function schedulePolls({ clock, log, instanceIds, send, timing }: SchedulePorts): Promise<void> {
  const firedAtMs = clock.now();
  const expiresAtMs = firedAtMs + timing.messageTtlMs;
  const groups = pollGroups(await instanceIds(), Math.floor(firedAtMs / timing.periodMs));
  let unsent = 0;
  await atOnce(CONCURRENT_SENDS, groups, async (group) => {
    const remainingMs = expiresAtMs - clock.now();
    if (remainingMs > 0) await send(group, remainingMs);
    else unsent += group.length;
  });
  if (unsent > 0) log.warn('polls.unsent', { instances: unsent });
}
