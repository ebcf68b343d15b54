/** Admits at most `calls` in any `windowMs`. */
export interface RateRule {
  readonly calls: number;
  readonly windowMs: number;
  /**
   * How far the clocks of two instances of the app may differ. The window is widened by it, so that
   * two admissions that are a wide window apart by their own clocks are at least `windowMs` apart
   * in real time.
   */
  readonly skewMs: number;
  /**
   * Timestamps of admissions are rounded up to a multiple of this (1: not rounded), so that permits
   * become free together. If each became free alone, all waiting callers would retry for a single
   * permit.
   */
  readonly grainMs: number;
}

/** The timestamps of the last admissions in ms, ascending, at most `calls` of them. */
export type Admissions = readonly number[];

export interface Admitted {
  readonly isAdmitted: boolean;
  readonly admissions: Admissions;
  /**
   * When the same call can be admitted next, by the clock of the caller. Not later than now if it
   * can be admitted now.
   */
  readonly freeAtMs: number;
}

/** How long an admission counts. */
export function wideWindowMs({ windowMs, skewMs }: RateRule): number {
  return windowMs + skewMs;
}

/**
 * Admits `count` calls, all or none, and leaves the last `kept` ones. `count + kept` is at most
 * `calls`. Pure. A time before the last admission counts as the time of that admission, so that a
 * slow clock never frees permits early. An admission that is more than a wide window in the future
 * comes from a broken clock and is ignored.
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
