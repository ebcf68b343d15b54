import { reportUsage } from '../rate-limit/connection-usage.ts';
import { instanceCalls, instanceKey, instanceRule } from '../rate-limit/instance-calls.ts';
import { dropOldWindows } from '../rate-limit/old-windows.ts';
import { rateLimiter, type RateLimiter } from '../rate-limit/rate-limiter.ts';
import { wideWindowMs, type RateRule } from '../rate-limit/rate-window.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';

/**
 * Each window is widened by this, because the clocks of two app instances differ (by milliseconds
 * within one Azure region).
 */
const CLOCK_SKEW_MS = 1_000;
/**
 * Times of calls are rounded up to a multiple of this. `Retry-After` is in whole seconds, so finer
 * rounding would not help.
 */
const GRAIN_MS = 500;

/** The number of calls in the current window of a rate limit. */
interface CallsUsed {
  readonly used: number;
  readonly limit: number;
  readonly windowSeconds: number;
}

export type Limits = ReturnType<typeof composeLimits>;

/**
 * Wires up the rate limits: one for the calls from each connection, and one for the calls to each
 * Customer Insights instance.
 */
export function composeLimits(
  { tables, clock, random, log, telemetry }: Pick<BackendPorts, 'tables' | 'clock' | 'random' | 'log' | 'telemetry'>,
  { calls, windowSeconds }: BackendConfig['rateLimit'],
) {
  const rule: RateRule = { calls, windowMs: windowSeconds * 1000, skewMs: CLOCK_SKEW_MS, grainMs: GRAIN_MS };
  const report = reportUsage({ telemetry, log });
  const ofConnections = rateLimiter({
    tables,
    clock,
    random,
    rule,
    onTaken: (connection, before, used) => report(connection, 'calls', { before, used, most: calls }),
  });
  const callRule = instanceRule(rule);
  const ofInstances = rateLimiter({ tables, clock, random, rule: callRule });
  const permits = instanceCalls(ofInstances, { calls: callRule.calls, telemetry });
  const used = async (limiter: RateLimiter, key: string, limit: number): Promise<CallsUsed | undefined> =>
    calls === 0 ? undefined : { used: await limiter.used(key), limit, windowSeconds };
  return {
    ofConnections,
    /**
     * Call permits for requests, whose callers wait for a response. Polls take precedence over
     * requests.
     */
    ofRequests: permits.ofRequests,
    ofPolls: permits.ofPolls,
    /** How long a call counts towards its limit: the window, widened by the clock skew. */
    callWindowMs: wideWindowMs(rule),
    /** `undefined` when there is no limit. */
    connectionCalls: (connection: string) => used(ofConnections, connection, rule.calls),
    instanceCalls: (instanceId: string) => used(ofInstances, instanceKey(instanceId), callRule.calls),
    dropOldWindows: () => dropOldWindows({ tables, clock, rule }),
  };
}
