import type { Clock } from '../../shared/clock.ts';

/** Time that moves only when a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on by `ms` and wakes whoever slept until then, in order. */
  advance(ms: number): Promise<void>;
}

export function manualClock(startMs = Date.parse('2026-11-23T10:00:00.000Z')): ManualClock {
  let nowMs = startMs;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  return {
    now: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error);
          return;
        }
        const sleeper = { atMs: nowMs + ms, wake: resolve };
        sleepers.push(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((one) => one !== sleeper);
          reject(signal.reason as Error);
        });
      }),
    async advance(ms) {
      await flushPromises();
      const targetMs = nowMs + ms;
      for (;;) {
        const next = sleepers.filter(({ atMs }) => atMs <= targetMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        sleepers = sleepers.filter((one) => one !== next);
        nowMs = next.atMs;
        next.wake();
        await flushPromises();
      }
      nowMs = targetMs;
      await flushPromises();
    },
  };
}

/** Lets everything that can go on without time passing go on. */
export async function flushPromises(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
