/**
 * Parses a `Retry-After` header into a delay in ms after `nowMs`. The value must be whole seconds
 * (at most nine digits) or a date in the form `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC
 * 9110 §5.6.7). The obsolete date formats are not supported. Returns `undefined` for any other
 * value and for a date in the past. The delay can be years, so the caller has to limit it.
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const instantMs = Date.parse(value);
  // `Date.parse` accepts almost any text. Only an IMF-fixdate equals its own `toUTCString`.
  if (Number.isNaN(instantMs) || new Date(instantMs).toUTCString() !== value) return undefined;
  return instantMs < nowMs ? undefined : instantMs - nowMs;
}
