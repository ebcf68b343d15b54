import { MAX_OFF_MS } from './subscription/pause.ts';
import { JITTER_SHARE, MAX_RETRY_AFTER_MS } from './retry/retry-schedule.ts';

/*
 * How long things last and must be kept. Each is derived from the settings and from the others, so that none of them repeats a number. Pure.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The host ends a function that takes longer, and its process with it: `functionTimeout` of host.json. */
export const FUNCTION_TIMEOUT_MS = 10 * MINUTE_MS;

/**
 * Whoever adds an entry to the work list may write what it announces for as long as a function runs after the entry is due, by a clock
 * that is behind: until then an entry that leads to nothing is kept.
 */
export const MAX_WRITER_MS = FUNCTION_TIMEOUT_MS + 5 * MINUTE_MS;

/** How long a worker is at a chunk before it leaves the rest to the next one: what it has begun by then ends before the host ends it. */
export const MAX_CHUNK_MS = FUNCTION_TIMEOUT_MS - 2 * MINUTE_MS;

/** The shortest months have this many days. */
const SHORTEST_MONTH_DAYS = 28;

interface Settings {
  readonly deliveryScheduleSeconds: readonly number[];
  readonly deliveryTimeoutMs: number;
  readonly claimMs: number;
  readonly retentionMonths: number;
}

/** How long a delivery waits at most between its first attempt and its last, pauses left out. */
export function retriedForMs(scheduleSeconds: readonly number[]): number {
  return scheduleSeconds.reduce(
    (sum, seconds) => sum + Math.max(seconds * 1000 * (1 + JITTER_SHARE), MAX_RETRY_AFTER_MS),
    0,
  );
}

/** When activity detected in the month of an instant is dropped: `retentionMonths` whole months after it are kept. */
export function activityDroppedAtMs(detectedAtMs: number, retentionMonths: number): number {
  const at = new Date(detectedAtMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + retentionMonths + 1, 1);
}

/**
 * Until when a subscription that has ended redirects, or is shown: until every month is dropped that was stored then. A delivery may be
 * redelivered for as long as it is stored, and one that waits may be paused again and again.
 */
export function redirectsUntilMs(endedAtMs: number, retentionMonths: number): number {
  return activityDroppedAtMs(endedAtMs, retentionMonths);
}

export interface BrokenBound {
  readonly setting: 'CLAIM_SECONDS' | 'RETENTION_MONTHS';
  /** The bound in words, with its numbers. */
  readonly message: string;
}

/** The bounds between settings that these settings break. */
export function brokenBounds(settings: Settings): BrokenBound[] {
  const { deliveryScheduleSeconds, deliveryTimeoutMs, claimMs, retentionMonths } = settings;
  const waitsDays = (retriedForMs(deliveryScheduleSeconds) + MAX_OFF_MS) / DAY_MS;
  const broken: BrokenBound[] = [];
  const add = (setting: BrokenBound['setting'], message: string): void => void broken.push({ setting, message });
  if (retentionMonths * SHORTEST_MONTH_DAYS < waitsDays) {
    add(
      'RETENTION_MONTHS',
      `must keep at least ${Math.ceil(waitsDays)} days: that is how long a delivery may wait by DELIVERY_SCHEDULE_SECONDS, with a pause of its flow`,
    );
  }
  if (claimMs < 2 * deliveryTimeoutMs) {
    add('CLAIM_SECONDS', `must be at least ${Math.ceil((2 * deliveryTimeoutMs) / 1000)}: twice DELIVERY_TIMEOUT_MS`);
  }
  if (claimMs > FUNCTION_TIMEOUT_MS) {
    add('CLAIM_SECONDS', `must be at most ${FUNCTION_TIMEOUT_MS / 1000}: a function lives no longer`);
  }
  return broken;
}
