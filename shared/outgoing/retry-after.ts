/**
 * The wait that a `Retry-After` header asks for, in ms from `nowMs`; `undefined` when it is in the past or does not follow
 * RFC 9110 §10.2.3 to the letter: whole seconds (at most nine digits) or an IMF-fixdate. The obsolete date forms count as
 * unreadable. The wait may be years: the caller caps it.
 */
export function parseRetryAfter(value: string, nowMs: number): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const instantMs = Date.parse(value);
  // `Date.parse` reads almost anything; only an IMF-fixdate is what the same instant is written as.
  if (Number.isNaN(instantMs) || new Date(instantMs).toUTCString() !== value) return undefined;
  return instantMs < nowMs ? undefined : instantMs - nowMs;
}
