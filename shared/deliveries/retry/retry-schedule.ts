/** The longest `Retry-After` that is honoured. */
export const MAX_RETRY_AFTER_MS = 12 * 3600 * 1000;

/** Additive jitter, as a share of the delay. It spreads deliveries that failed together. */
export const JITTER_SHARE = 0.1;

export interface FailedAttempt {
  /** Number of the attempt that has just failed, starting at 1. */
  readonly attempt: number;
  /** Delay before each retry. A delivery has one attempt more than the schedule has entries. */
  readonly scheduleSeconds: readonly number[];
  /** The `Retry-After` of the response. */
  readonly retryAfterMs?: number | undefined;
  /** A random number in [0, 1). The caller draws it, so that this function stays pure. */
  readonly jitter: number;
}

export type NextRetry = { readonly kind: 'wait'; readonly delayMs: number } | { readonly kind: 'exhausted' };

/**
 * The delay before the next attempt, in whole ms: at least the scheduled delay and at most 10 %
 * more, or the receiver's `Retry-After` if that is longer, up to 12 h. Returns `exhausted` when the
 * schedule has no entry for the attempt, for instance because an operator has shortened it.
 */
export function nextRetry({ attempt, scheduleSeconds, retryAfterMs = 0, jitter }: FailedAttempt): NextRetry {
  const seconds = scheduleSeconds[attempt - 1];
  if (seconds === undefined) return { kind: 'exhausted' };
  const spread = (ms: number): number => ms + Math.floor(ms * JITTER_SHARE * jitter);
  // `Retry-After` gets jitter as well: an overloaded receiver sends the same value to all callers.
  const requestedMs = Math.min(spread(retryAfterMs), MAX_RETRY_AFTER_MS);
  return { kind: 'wait', delayMs: Math.max(spread(seconds * 1000), requestedMs) };
}
