import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';

/**
 * Limits the calls of one process to the webhook of the operator. They run in the function that retries deliveries, and a
 * webhook that hangs must not hold the places of retries. A notice without a permit is postponed instead of waiting.
 */
export interface WebhookPermits {
  take(): WebhookPermit | { readonly kind: 'later'; readonly delayMs: number };
}

export interface WebhookPermit {
  readonly kind: 'permit';
  /** Returns the permit when the call has ended. */
  readonly release: () => void;
}

/** Concurrent calls. A process runs 32 retries at once (host.json). */
const CALLS_AT_ONCE = 2;
/** A call that takes this long counts as hanging. No other call starts for a minute after it. */
const HANGING_MS = 5_000;
const PAUSE_MS = 60_000;
/** How long a notice waits for its turn at a webhook that responds. Up to twice as long, so that not all return at once. */
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
      const isHanging = [...running].some(({ atMs }) => nowMs - atMs >= HANGING_MS);
      if (isHanging) pausedUntilMs = Math.max(pausedUntilMs, nowMs + PAUSE_MS);
      if (nowMs < pausedUntilMs) return later(pausedUntilMs - nowMs);
      if (running.size >= CALLS_AT_ONCE) return later(BUSY_DELAY_MS);
      const call = { atMs: nowMs };
      running.add(call);
      return {
        kind: 'permit',
        release() {
          running.delete(call);
          if (clock.now() - call.atMs >= HANGING_MS) pausedUntilMs = clock.now() + PAUSE_MS;
        },
      };
    },
  };
}
