/** At most `calls` in any `windowMs`, as a rule over the instants of the last admissions. */
export interface RateRule {
  readonly calls: number;
  readonly windowMs: number;
  /**
   * How far the clocks of two instances of the app may be apart. The window is widened by it: two admissions that are a wide window
   * apart by the clocks that stamped them are a true window apart.
   */
  readonly skewMs: number;
}

/** The instants of the last admissions in ms, ascending; at most as many as the rule has calls. */
export type Admissions = readonly number[];

export interface Admitted {
  /** How many of the wanted places were given. */
  readonly granted: number;
  readonly admissions: Admissions;
  /** By the asker's clock, when the next place frees for the same asker; not later than now when one is free. */
  readonly freeAtMs: number;
}

/**
 * Gives `wanted` places, or as many as are free beyond `kept`, or with `whole` all or none. Pure. An instant before the last admission
 * is taken for the last admission: a clock that runs behind never makes room.
 */
export function admit(
  admissions: Admissions,
  rule: RateRule,
  request: { nowMs: number; wanted: number; kept?: number; whole?: boolean },
): Admitted {
  const { nowMs, wanted, kept = 0, whole = false } = request;
  const wideMs = rule.windowMs + rule.skewMs;
  const atMs = Math.max(nowMs, admissions.at(-1) ?? nowMs);
  const used = admissions.filter((instant) => atMs - instant < wideMs);
  const places = rule.calls - kept - used.length;
  const granted = places < wanted && whole ? 0 : Math.max(0, Math.min(wanted, places));
  const next = [...used, ...Array.from({ length: granted }, () => atMs)];
  // So many of them have to leave the window before there is a place (or enough of them).
  const missing = next.length - (rule.calls - kept) + (whole ? wanted : 1);
  const leaving = missing > 0 ? next[missing - 1] : undefined;
  const freeAtMs = missing <= 0 ? nowMs : leaving === undefined ? Infinity : leaving + wideMs;
  return { granted, admissions: next, freeAtMs };
}
