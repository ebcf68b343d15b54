/**
 * Only two retries, so that a poll, which runs every minute, and a subscribe request get a result
 * or a clear error soon.
 */
const maxRetries = 2;
const firstBackoffMs = 500;
/**
 * The sum of all waits of one call. When the service asks for a longer wait, the call fails at
 * once.
 */
const maxWaitMs = 5000;

export type NextTry = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'stop' };

export interface FailedTry {
  /** 1 for the first. */
  readonly attempt: number;
  /** The sum of the waits between the attempts so far. */
  readonly waitedMs: number;
  /** The time that the service asked to wait. */
  readonly retryAfterMs: number | undefined;
  /** In [0, 1). The caller draws it, so that equal inputs give equal results. */
  readonly jitter: number;
}

/**
 * Whether and when to retry a call after a transient failure. The backoff doubles. Half of it is
 * random, so that instances of the app that failed together do not retry together. `Retry-After`
 * can only extend the delay.
 */
export function nextTry({ attempt, waitedMs, retryAfterMs, jitter }: FailedTry): NextTry {
  if (attempt > maxRetries) return { kind: 'stop' };
  const backoffMs = firstBackoffMs * 2 ** (attempt - 1) * (0.5 + jitter / 2);
  const delayMs = Math.max(Math.ceil(backoffMs), retryAfterMs ?? 0);
  return waitedMs + delayMs > maxWaitMs ? { kind: 'stop' } : { kind: 'retry', delayMs };
}
