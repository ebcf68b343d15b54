import { atOnce } from '../at-once.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseSchedule, periodOf } from '../ncrontab.ts';

export interface SchedulePorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** All instances that are polled, in an order that does not change from call to call. */
  readonly instanceIds: () => Promise<readonly string[]>;
  /**
   * Sends one message that causes a poll of each of these instances. The message expires after
   * `timeToLiveMs`.
   */
  readonly send: (instanceIds: readonly [string, ...string[]], timeToLiveMs: number) => Promise<void>;
  readonly timing: PollTiming;
}

/** The expiry of poll messages, derived from the schedule. */
export interface PollTiming {
  /** The shortest time between two firings of the timer. */
  readonly periodMs: number;
  /**
   * The time to live of a message. The messages of the next firing replace those that have expired.
   */
  readonly messageTtlMs: number;
}

/**
 * The part of a period after which messages expire. The rest is a reserve: the timer may fire late,
 * and the next firing needs time to send its first messages.
 */
const SHARE_OF_PERIOD = 3 / 4;
/**
 * Minimum time to live. The Functions host polls an idle queue once a second, so a message that
 * expires too soon may never be received.
 */
const MIN_TTL_MS = 5_000;

/**
 * Derives the timing from a timer expression of Azure Functions (NCRONTAB) at the time `nowMs`. An
 * invalid expression counts as once a minute. Messages expire before the next firing, so that they
 * do not accumulate. Only with periods below 7 s, which are for experiments, do they expire later
 * (`MIN_TTL_MS`).
 */
export function pollTiming(pollSchedule: string, nowMs: number): PollTiming {
  const schedule = parseSchedule(pollSchedule);
  const periodMs = schedule === undefined ? 60_000 : periodOf(schedule, nowMs);
  return { periodMs, messageTtlMs: Math.max(MIN_TTL_MS, periodMs * SHARE_OF_PERIOD) };
}

/**
 * Maximum number of instances per message. A process handles at most 32 messages at a time
 * (host.json), and with 16 instances per message, that is 512 polls. At one second per poll and 32
 * concurrent polls, they take 16 s. With larger messages, a busy process would hold back polls that
 * idle processes could make.
 */
const MAX_PER_MESSAGE = 16;
/**
 * Minimum number of messages over which the instances are spread, if there are enough instances. It
 * is twice what one process handles at a time, so that several processes share the polls.
 */
const SPREAD_OVER = 64;
/** Maximum number of concurrent sends, each on its own network connection. */
const CONCURRENT_SENDS = 32;
/**
 * The fractional parts of the multiples of this number spread evenly over the range from 0 to 1, so
 * that successive firings start at distant instances.
 */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** The number of instances in one message, when `count` instances are polled. */
export function instancesPerMessage(count: number): number {
  return Math.min(MAX_PER_MESSAGE, Math.max(1, Math.ceil(count / SPREAD_OVER)));
}

/**
 * Groups the instances into messages, in the order of sending. `firing` is the number of the
 * timer's firing, and each firing starts at a different instance. So if the time or the workers do
 * not suffice for all instances, each firing leaves out different ones, and a slow instance delays
 * different ones.
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
 * Enqueues one poll of each instance, in messages for several instances each. All messages of a
 * firing expire at the same instant. Instances whose message cannot be sent by then are left to the
 * next firing. If a message fails, the others are still sent, and the call rejects with the first
 * error.
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
