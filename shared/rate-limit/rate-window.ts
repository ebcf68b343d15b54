/** At most `calls` in any `windowMs`, as a rule over the instants of the last admissions. */
export interface RateRule {
  readonly calls: number;
  readonly windowMs: number;
  /**
   * How far the clocks of two instances of the app may be apart. The window is widened by it: two admissions that are a wide window
   * apart by the clocks that stamped them are a true window apart.
   */
  readonly skewMs: number;
  /**
   * Admissions are stamped with the end of a stretch of this long, 1 for none, so that places free together: each that freed alone would
   * have all who wait ask for it, and one of them get it.
   */
  readonly grainMs: number;
}

/** The instants of the last admissions in ms, ascending; at most as many as the rule has calls. */
export type Admissions = readonly number[];

export interface Admitted {
  readonly isAdmitted: boolean;
  readonly admissions: Admissions;
  /** By the asker's clock, when the same asker can be admitted next; not later than now when that is now. */
  readonly freeAtMs: number;
}

/** How long an admission counts. */
export function wideWindowMs({ windowMs, skewMs }: RateRule): number {
  return windowMs + skewMs;
}

/**
 * Gives `count` places, all or none, and never the last `kept` ones; `count` and `kept` together are at most all. Pure. An instant before
 * the last admission is taken for that of the last admission, which may be a grain before its stamp: a clock that runs behind never
 * makes room. An admission more than a wide window ahead is a broken clock's, and keeps nobody out.
 */
export function admit(
  admissions: Admissions,
  rule: RateRule,
  { nowMs, kept = 0, count = 1 }: { nowMs: number; kept?: number; count?: number },
): Admitted {
  const wideMs = wideWindowMs(rule);
  const credible = admissions.filter((instant) => instant - nowMs <= wideMs);
  const last = credible.at(-1) ?? -Infinity;
  const seenMs = Math.max(nowMs, last - rule.grainMs);
  const used = credible.filter((instant) => seenMs - instant < wideMs);
  const places = rule.calls - kept;
  const isAdmitted = used.length + count <= places;
  const stampMs = Math.max(Math.ceil(nowMs / rule.grainMs) * rule.grainMs, last);
  const after = isAdmitted ? [...used, ...Array<number>(count).fill(stampMs)] : used;
  // There are places enough when this one and all before it have left the window.
  const leaving = after[after.length - places + count - 1];
  return { isAdmitted, admissions: after, freeAtMs: leaving === undefined ? nowMs : leaving + wideMs };
}
