import type { Clock } from '../../shared/clock.ts';
import { nextOccurrence, type Schedule } from '../../shared/ncrontab.ts';
import type { WorkInHand } from './work-in-hand.ts';

export interface TimerListener {
  /**
   * Runs the function at every occurrence until `signal` is aborted. Never runs it twice at once.
   */
  listen(signal: AbortSignal): Promise<void>;
  /** The handler's input, as the JSON text that the real host sends. */
  input(): string;
}

/**
 * The longest single sleep, because `setTimeout` cannot exceed 24.8 days and is not used for longer
 * than this.
 */
const LONGEST_SLEEP_MS = 3_600_000;

/**
 * Runs the function at the second of each occurrence. A run that lasts beyond the next occurrence
 * delays it until the run ends, and skips those after it. Of several hosts of one app, the one with
 * the lock runs the function. Unlike the real host, it keeps no status in storage, so an occurrence
 * missed while the host was down is not repeated, and `isPastDue` is always false.
 */
export function createTimerListener(options: {
  schedule: Schedule;
  clock: Clock;
  work: WorkInHand;
  /** Whether this host may run the function now. */
  mayRun: () => Promise<boolean>;
  /** Runs the function. Must not reject. */
  run: (input: string) => Promise<unknown>;
}): TimerListener {
  const { schedule, clock, work, mayRun, run } = options;
  let lastMs: number | undefined;
  let nextMs = nextOccurrence(schedule, clock.now());

  const input = (): string =>
    JSON.stringify({
      Schedule: { AdjustForDST: true },
      ScheduleStatus: isMonitored(schedule, clock.now())
        ? { Last: instant(lastMs), Next: instant(nextMs), LastUpdated: instant(lastMs) }
        : null,
      IsPastDue: false,
    });

  return {
    input,
    listen: async (signal) => {
      while (nextMs !== undefined) {
        const waited = await sleepUntil(clock, nextMs, signal);
        if (!waited) return;
        const startedMs = clock.now();
        if (await work.track(mayRun())) {
          await work.track(run(input()));
          lastMs = startedMs;
        }
        nextMs = nextOccurrence(schedule, startedMs);
      }
    },
  };
}

/** The real host sends no status for a schedule with occurrences more often than once a minute. */
function isMonitored(schedule: Schedule, nowMs: number): boolean {
  let before = nextOccurrence(schedule, nowMs);
  for (let count = 0; count < 5 && before !== undefined; count++) {
    const next = nextOccurrence(schedule, before);
    if (next !== undefined && next - before < 60_000) return false;
    before = next;
  }
  return true;
}

/** A timestamp as .NET writes it. A timer that never ran has its last run in the year 1. */
function instant(ms: number | undefined): string {
  return ms === undefined ? '0001-01-01T00:00:00+00:00' : new Date(ms).toISOString().replace('Z', '+00:00');
}

/** False when the signal was aborted first. */
async function sleepUntil(clock: Clock, untilMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    // A timer may fire a millisecond early, and a run before the second would be due again at the
    // second.
    for (let left = untilMs - clock.now(); left > 0; left = untilMs - clock.now()) {
      await clock.sleep(Math.min(left, LONGEST_SLEEP_MS), signal);
    }
    return !signal.aborted;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
