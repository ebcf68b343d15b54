/**
 * Maximum number of retries. It is low, because a poll runs every minute, and a subscribe request
 * should soon get a result or a clear error.
 */
const maxRetries = 2;
const firstBackoffMs = 500;
/**
 * Maximum sum of all waits of one call. If the service asks for a longer wait, the call fails at
 * once.
 */
const maxWaitMs = 5000;

export type NextTry = { readonly kind: 'retry'; readonly delayMs: number } | { readonly kind: 'stop' };

export interface FailedTry {
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The sum of the waits between the attempts so far. */
  readonly waitedMs: number;
  /** The time that the service asked the caller to wait. */
  readonly retryAfterMs: number | undefined;
  /** In [0, 1). The caller draws it, so that equal inputs give equal results. */
  readonly jitter: number;
}

/**
 * Whether and when to retry a call after a transient failure. The backoff doubles with each
 * attempt. Half of it is random, so that workers that failed together do not retry together.
 * `Retry-After` can only extend the delay.
 */
export function nextTry({ attempt, waitedMs, retryAfterMs, jitter }: FailedTry): NextTry {
  if (attempt > maxRetries) return { kind: 'stop' };
  const backoffMs = firstBackoffMs * 2 ** (attempt - 1) * (0.5 + jitter / 2);
  const delayMs = Math.max(Math.ceil(backoffMs), retryAfterMs ?? 0);
  return waitedMs + delayMs > maxWaitMs ? { kind: 'stop' } : { kind: 'retry', delayMs };
}
