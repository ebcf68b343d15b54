import type { Clock } from '../../shared/clock.ts';

export interface JumpingClock extends Clock {
  /** The sleeps that ended at once, in ms, in their order. */
  readonly naps: readonly number[];
  /** Moves time on, and wakes who has slept long enough. */
  advance(ms: number): void;
}

/**
 * A clock on which a sleep shorter than `longSleepMs` (a back-off) ends at once and moves time on,
 * while a longer one (a deadline) lasts until the test moves time itself.
 */
export function jumpingClock(longSleepMs: number, startMs = Date.UTC(2026, 10, 23, 10)): JumpingClock {
  let nowMs = startMs;
  const naps: number[] = [];
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  return {
    naps,
    now: () => nowMs,
    sleep: (ms, signal) => {
      if (ms < longSleepMs) {
        naps.push(ms);
        nowMs += ms;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const sleeper = { untilMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      });
    },
    advance: (ms) => {
      nowMs += ms;
      for (const sleeper of sleepers) {
        if (sleeper.untilMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}
