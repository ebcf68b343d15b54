import type { Clock } from '../../../shared/clock.ts';

export interface RushingClock extends Clock {
  /** What every sleep asked for, in ms. */
  readonly sleeps: readonly number[];
  /** Lets time pass that nobody sleeps through, as work does. */
  pass(ms: number): void;
}

/** A clock that every sleep moves to its own end at once, and nothing else but `pass`. */
export function rushingClock(nowMs: number): RushingClock {
  const sleeps: number[] = [];
  let now = nowMs;
  return {
    sleeps,
    now: () => now,
    pass: (ms) => {
      now += ms;
    },
    sleep: (ms, signal) => {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      sleeps.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}
