import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

/**
 * Limits the calls of one process to the operator's webhook. The calls run in the function that
 * retries deliveries, and a webhook that hangs must not hold up the retries. A notice without a
 * permit does not wait here: it is postponed by `delayMs`.
 */
export interface WebhookPermits {
  take(): WebhookPermit | { readonly kind: 'later'; readonly delayMs: number };
}

export interface WebhookPermit {
  readonly kind: 'permit';
  /** Returns the permit when the call has ended, or when there was none after all. */
  readonly release: (outcome: 'delivered' | 'failed' | 'not-called') => void;
}

/**
 * Maximum number of concurrent calls. A process handles 32 messages of `retries` at once
 * (host.json).
 */
const CALLS_AT_ONCE = 2;
/**
 * A call that fails after this time or later counts as hanging. No other call starts for a minute
 * after it. A webhook that is slow but succeeds is only limited by `CALLS_AT_ONCE`.
 */
const HANGING_MS = 5_000;
const PAUSE_MS = 60_000;
/**
 * How long a notice is postponed when all permits are taken, or as long as the oldest call has run:
 * each postponement is a write, and a call that hangs should cause few. A random share is added, up
 * to twice the time in total, so that not all notices return at once.
 */
const BUSY_DELAY_MS = 5_000;

export function webhookPermits({
  clock,
  random,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Pick<Random, 'fraction'>;
}): WebhookPermits {
  const running = new Set<{ readonly atMs: number }>();
  let pausedUntilMs = 0;
  const later = (delayMs: number): { kind: 'later'; delayMs: number } => ({
    kind: 'later',
    delayMs: delayMs + Math.ceil(random.fraction() * delayMs),
  });
  return {
    take() {
      const nowMs = clock.now();
      if (nowMs < pausedUntilMs) return later(pausedUntilMs - nowMs);
      if (running.size >= CALLS_AT_ONCE) {
        return later(Math.max(BUSY_DELAY_MS, ...[...running].map(({ atMs }) => nowMs - atMs)));
      }
      const call = { atMs: nowMs };
      running.add(call);
      return {
        kind: 'permit',
        release(outcome) {
          running.delete(call);
          const endedMs = clock.now();
          if (outcome === 'failed' && endedMs - call.atMs >= HANGING_MS) pausedUntilMs = endedMs + PAUSE_MS;
        },
      };
    },
  };
}
