/** Admits at most `calls` calls in any period of `windowMs`. */
export interface RateRule {
  readonly calls: number;
  readonly windowMs: number;
  /**
   * How far the clocks of two workers may differ. The window is widened by this time. Without that,
   * two admissions by different workers could be less than `windowMs` apart although their
   * timestamps are not.
   */
  readonly skewMs: number;
  /**
   * The timestamps of admissions are rounded up to a multiple of this (1: not rounded), so that
   * several permits become free together. If each became free alone, all waiting callers would
   * retry for a single permit.
   */
  readonly grainMs: number;
}

/**
 * The timestamps of the last admissions (granted permits) in ms since the epoch, ascending, at most
 * `calls` of them.
 */
export type Admissions = readonly number[];

/** The result of `admit`. `admissions` are those to store. */
export interface Admitted {
  readonly isAdmitted: boolean;
  readonly admissions: Admissions;
  /**
   * When the same number of calls can be admitted next, by the clock of the caller. Not later than
   * now if they can be admitted now.
   */
  readonly freeAtMs: number;
}

/** How long an admission counts: the window, widened by the clock skew. */
export function wideWindowMs({ windowMs, skewMs }: RateRule): number {
  return windowMs + skewMs;
}

/**
 * Admits `count` calls, all or none, if at least `kept` of the allowed calls are left after that.
 * `count + kept` must not exceed `calls`. Pure. If `nowMs` is before the last admission, the time
 * of that admission is used, so that a slow clock never frees permits early. An admission that is
 * more than a widened window in the future comes from a broken clock and is ignored.
 */
export function admit(
  admissions: Admissions,
  rule: RateRule,
  { nowMs, kept = 0, count = 1 }: { nowMs: number; kept?: number; count?: number },
): Admitted {
  const wideMs = wideWindowMs(rule);
  const credible = admissions.filter((instant) => instant - nowMs <= wideMs);
  const last = credible.at(-1) ?? -Infinity;
  const effectiveNowMs = Math.max(nowMs, last - rule.grainMs);
  const used = credible.filter((instant) => effectiveNowMs - instant < wideMs);
  const available = rule.calls - kept;
  const isAdmitted = used.length + count <= available;
  const stampMs = Math.max(Math.ceil(nowMs / rule.grainMs) * rule.grainMs, last);
  const after = isAdmitted ? [...used, ...Array<number>(count).fill(stampMs)] : used;
  // Enough permits are free once this admission and all earlier ones have left the window.
  const leaving = after[after.length - available + count - 1];
  return { isAdmitted, admissions: after, freeAtMs: leaving === undefined ? nowMs : leaving + wideMs };
}
