/**
 * The delay of a `Retry-After` header in ms from `nowMs`. `undefined` when it is in the past or
 * does not follow RFC 9110 §10.2.3 exactly: whole seconds (at most nine digits) or an IMF-fixdate.
 * The obsolete date formats are not supported. The delay may be years, so the caller has to limit
 * it.
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const instantMs = Date.parse(value);
  // `Date.parse` accepts almost any text. Only an IMF-fixdate equals its own `toUTCString`.
  if (Number.isNaN(instantMs) || new Date(instantMs).toUTCString() !== value) return undefined;
  return instantMs < nowMs ? undefined : instantMs - nowMs;
}
