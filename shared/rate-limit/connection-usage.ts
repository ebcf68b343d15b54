import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** `calls`: `RATE_LIMIT_CALLS`. `subscriptions`: `MAX_SUBSCRIPTIONS_PER_CONNECTION`. */
export type ConnectionLimit = 'calls' | 'subscriptions';

/** From this share of a limit on, operators are notified. */
export const NEAR_LIMIT = 0.8;

/**
 * Reports how much of a limit a connection uses. `before` and `used` are its uses before and after
 * a request.
 */
export type ReportUsage = (
  connection: string,
  limit: ConnectionLimit,
  usage: { readonly before: number; readonly used: number; readonly most: number },
) => void;

/**
 * Records the share of the limit, and logs a connection that comes near it, once until it is lower
 * again.
 */
export function reportUsage({ telemetry, log }: { readonly telemetry: Telemetry; readonly log: Log }): ReportUsage {
  return (connection, limit, { before, used, most }) => {
    telemetry.record('triggers.connection.usage', used / most, { 'triggers.limit': limit });
    if (before / most < NEAR_LIMIT && used / most >= NEAR_LIMIT)
      log.warn('connection.near-limit', { connection, limit, used, most });
  };
}
