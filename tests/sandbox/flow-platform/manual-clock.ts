import type { Clock } from '../../../shared/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and wakes the sleepers whose time has come. */
  advance(ms: number): void;
  /** What every sleep so far asked for, in ms. */
  readonly sleeps: readonly number[];
  /** How many sleep at the moment. */
  readonly sleeping: number;
}

/**
 * A clock that stands still at `nowMs` until it is moved; with `rushing` every sleep moves it to
 * its own end.
 */
export function manualClock(nowMs = 1_700_000_000_000, { rushing = false } = {}): ManualClock {
  const sleeps: number[] = [];
  const sleepers = new Set<{ at: number; wake: () => void }>();
  let now = nowMs;
  const advance = (ms: number): void => {
    now += ms;
    for (const sleeper of [...sleepers].filter(({ at }) => at <= now)) {
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  };
  return {
    now: () => now,
    sleeps,
    get sleeping() {
      return sleepers.size;
    },
    advance,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason as Error);
        };
        const wake = (): void => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { at: now + ms, wake };
        sleeps.push(ms);
        if (signal?.aborted) {
          abort();
          return;
        }
        signal?.addEventListener('abort', abort);
        sleepers.add(sleeper);
        if (rushing) advance(ms);
      }),
  };
}
