/** A receiver may ask us to wait, but not for longer than this. */
export const MAX_RETRY_AFTER_MS = 12 * 3600 * 1000;

/** Deliveries that failed together come back spread over this share of their delay. */
export const JITTER_SHARE = 0.1;

export interface FailedAttempt {
  /** Number of the attempt that has just failed: 1 is the first. */
  readonly attempt: number;
  /** Delay before each retry. A delivery has one attempt more than this has entries. */
  readonly scheduleSeconds: readonly number[];
  /** What the receiver asked for. */
  readonly retryAfterMs?: number | undefined;
  /** A random number in [0, 1), drawn by the caller, so that equal inputs give equal answers. */
  readonly jitter: number;
}

export type NextRetry = { readonly kind: 'wait'; readonly delayMs: number } | { readonly kind: 'exhausted' };

/**
 * How long to wait before the next attempt, in whole ms. Never shorter than the schedule says and at most 10 % longer, unless
 * the receiver asked for more: then never shorter than that, up to 12 h. A shortened schedule ends deliveries beyond its end.
 */
export function nextRetry({ attempt, scheduleSeconds, retryAfterMs = 0, jitter }: FailedAttempt): NextRetry {
  const seconds = scheduleSeconds[attempt - 1];
  if (seconds === undefined) return { kind: 'exhausted' };
  const spread = (ms: number): number => ms + Math.floor(ms * JITTER_SHARE * jitter);
  // The hint is spread as well: a receiver that is too busy gives everybody the same one.
  const hintedMs = Math.min(spread(retryAfterMs), MAX_RETRY_AFTER_MS);
  return { kind: 'wait', delayMs: Math.max(spread(seconds * 1000), hintedMs) };
}
