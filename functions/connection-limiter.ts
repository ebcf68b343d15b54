import type { World } from '../shared/backend.ts';
import type { Config } from '../shared/config.ts';
import { rateLimiter, type RateLimiter } from '../shared/rate-limit/rate-limiter.ts';

/** Clocks of two instances in one Azure region are milliseconds apart; the window is widened by more than that. */
const CLOCK_SKEW_MS = 1_000;

/** The limit on calls of one connection, one for all instances of the app. */
export function connectionLimiter(
  { tables, clock }: Pick<World, 'tables' | 'clock'>,
  { calls, windowSeconds }: Config['rateLimit'],
): RateLimiter {
  return rateLimiter({ tables, clock, rule: { calls, windowMs: windowSeconds * 1000, skewMs: CLOCK_SKEW_MS } });
}
