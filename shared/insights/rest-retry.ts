/** Two more, so that a poll every minute and someone waiting for a subscription get their answer or a plain no. */
const mostRetries = 2;
const firstBackOffMs = 500;
/** All waits of one call together. Who is told to wait longer is better told so at once. */
const longestWaitMs = 5000;

export type NextTry = { readonly kind: 'again'; readonly delayMs: number } | { readonly kind: 'stop' };

export interface FailedTry {
  /** 1 for the first. */
  readonly attempt: number;
  /** What the call has waited between its attempts so far. */
  readonly waitedMs: number;
  /** What the service asked for. */
  readonly retryAfterMs: number | undefined;
  /** In [0, 1), drawn by the caller, so that equal inputs give equal answers. */
  readonly jitter: number;
}

/**
 * Whether and when to try a call again whose failure may pass. The back-off doubles; half of it is random, so that
 * instances of the app that failed together do not come back together. `Retry-After` can only delay further.
 */
export function nextTry({ attempt, waitedMs, retryAfterMs, jitter }: FailedTry): NextTry {
  if (attempt > mostRetries) return { kind: 'stop' };
  const backOffMs = firstBackOffMs * 2 ** (attempt - 1) * (0.5 + jitter / 2);
  const delayMs = Math.max(Math.ceil(backOffMs), retryAfterMs ?? 0);
  return waitedMs + delayMs > longestWaitMs ? { kind: 'stop' } : { kind: 'again', delayMs };
}
