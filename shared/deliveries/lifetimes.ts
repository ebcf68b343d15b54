import { MAX_OFF_MS } from './subscription/pause.ts';
import { JITTER_SHARE, MAX_RETRY_AFTER_MS } from './retry/retry-schedule.ts';

/*
 * How long rows, claims and redirects (superseded subscriptions) must last. Every lifetime is
 * derived from the settings or from another lifetime, so that no number is repeated. The functions
 * are pure.
 */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * `functionTimeout` of host.json. The host stops a function that takes longer, together with its
 * process.
 */
export const FUNCTION_TIMEOUT_MS = 10 * MINUTE_MS;

/**
 * How long after its due time a work list entry is kept when there is no work for it. The function
 * that added the entry may still write the rows that the entry names: it runs for up to
 * `functionTimeout`, and its clock may be slow.
 */
export const MAX_WRITER_MS = FUNCTION_TIMEOUT_MS + 5 * MINUTE_MS;

/**
 * How long a worker processes one chunk before it leaves the rest to the next worker. Its last
 * attempts then end before the host stops the function.
 */
export const MAX_CHUNK_MS = FUNCTION_TIMEOUT_MS - 2 * MINUTE_MS;

/** Days of the shortest month. */
const SHORTEST_MONTH_DAYS = 28;

interface Settings {
  readonly deliveryScheduleSeconds: readonly number[];
  readonly deliveryTimeoutMs: number;
  readonly claimMs: number;
  readonly retentionMonths: number;
}

/** The longest time between the first and the last attempt of a delivery that is never parked. */
export function retriedForMs(scheduleSeconds: readonly number[]): number {
  return scheduleSeconds.reduce(
    (sum, seconds) => sum + Math.max(seconds * 1000 * (1 + JITTER_SHARE), MAX_RETRY_AFTER_MS),
    0,
  );
}

/**
 * When the activity table for `detectedAtMs` is dropped. The table is kept for `retentionMonths`
 * whole months after its own month.
 */
export function activityDroppedAtMs(detectedAtMs: number, retentionMonths: number): number {
  const at = new Date(detectedAtMs);
  return Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + retentionMonths + 1, 1);
}

/**
 * Until when a superseded or gone subscription is kept: until every activity table that existed at
 * `endedAtMs` has been dropped. As long as a delivery is stored, an operator can redeliver it, or
 * it can wait for a flow that is turned off repeatedly. It then needs the subscription to find the
 * successor.
 */
export function redirectsUntilMs(endedAtMs: number, retentionMonths: number): number {
  return activityDroppedAtMs(endedAtMs, retentionMonths);
}

export interface BrokenBound {
  readonly setting: 'CLAIM_SECONDS' | 'RETENTION_MONTHS';
  /** What is wrong with the setting, worded to follow the setting's name. */
  readonly message: string;
}

/** Checks the limits that depend on several settings. Returns those that are violated. */
export function brokenBounds(settings: Settings): BrokenBound[] {
  const { deliveryScheduleSeconds, deliveryTimeoutMs, claimMs, retentionMonths } = settings;
  const waitsDays = (retriedForMs(deliveryScheduleSeconds) + MAX_OFF_MS) / DAY_MS;
  const broken: BrokenBound[] = [];
  const add = (setting: BrokenBound['setting'], message: string): void => void broken.push({ setting, message });
  if (retentionMonths * SHORTEST_MONTH_DAYS < waitsDays) {
    add(
      'RETENTION_MONTHS',
      `must keep at least ${Math.ceil(waitsDays)} days, because a delivery can wait that long with this DELIVERY_SCHEDULE_SECONDS while its flow is turned off`,
    );
  }
  if (claimMs < 2 * deliveryTimeoutMs) {
    add(
      'CLAIM_SECONDS',
      `must be at least ${Math.ceil((2 * deliveryTimeoutMs) / 1000)}, which is twice DELIVERY_TIMEOUT_MS`,
    );
  }
  if (claimMs > FUNCTION_TIMEOUT_MS) {
    add('CLAIM_SECONDS', `must be at most ${FUNCTION_TIMEOUT_MS / 1000}, because no function runs for longer`);
  }
  return broken;
}
