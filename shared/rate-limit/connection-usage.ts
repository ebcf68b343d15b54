import type { Log } from '../log.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/**
 * A limit of a connection: `calls` is set by `RATE_LIMIT_CALLS`, and `subscriptions` by
 * `MAX_SUBSCRIPTIONS_PER_CONNECTION`.
 */
export type ConnectionLimit = 'calls' | 'subscriptions';

/** Operators are notified when a connection uses this share of a limit. */
export const NEAR_LIMIT = 0.8;

/**
 * Reports how much of a limit a connection uses: `before` and `used` are the numbers before and
 * after a request, and `most` is the limit.
 */
export type ReportUsage = (
  connection: string,
  limit: ConnectionLimit,
  usage: { readonly before: number; readonly used: number; readonly most: number },
) => void;

/**
 * Makes a function that records the used share of a limit, and logs a connection when its share
 * reaches `NEAR_LIMIT`. It logs the connection again only if the share was lower in between.
 */
export function reportUsage({ telemetry, log }: { readonly telemetry: Telemetry; readonly log: Log }): ReportUsage {
  return (connection, limit, { before, used, most }) => {
    telemetry.record('triggers.connection.usage', used / most, { 'triggers.limit': limit });
    if (before / most < NEAR_LIMIT && used / most >= NEAR_LIMIT)
      log.warn('connection.near-limit', { connection, limit, used, most });
  };
}
