/** The failures of a subscription since its last success. */
export interface SubscriptionHealth {
  /** Time of the first failed attempt since the last success. */
  readonly failingSinceMs?: number;
  /** Dead deliveries since the last success. */
  readonly deadCount: number;
}

/** How long a flow fails before the log and a metric report it to operators. */
export const FAILING_MS = 60 * 60_000;

export const HEALTHY: SubscriptionHealth = { deadCount: 0 };

/**
 * A subscription is disabled after failing for this long, which covers a weekend and the Monday
 * after it.
 */
export const DISABLE_AFTER_MS = 5 * 24 * 3600 * 1000;

/**
 * A subscription is disabled only after this many dead deliveries. A single one may have been
 * caused by its own content.
 */
export const DISABLE_AFTER_DEAD_DELIVERIES = 2;

/** `failed`: an attempt that will be retried. `dead`: the last attempt of a delivery. */
export type HealthOutcome = 'delivered' | 'failed' | 'dead';

/**
 * The health after an attempt, and whether to disable the subscription. Pure. Store the result of
 * only one call for each outcome, because each dead delivery must count once.
 */
export function nextHealth(change: { health: SubscriptionHealth; outcome: HealthOutcome; nowMs: number }): {
  health: SubscriptionHealth;
  disable: boolean;
} {
  const { health, outcome, nowMs } = change;
  if (outcome === 'delivered') return { health: HEALTHY, disable: false };
  const failingSinceMs = health.failingSinceMs ?? nowMs;
  const deadCount = health.deadCount + (outcome === 'dead' ? 1 : 0);
  return {
    health: { failingSinceMs, deadCount },
    disable: nowMs - failingSinceMs >= DISABLE_AFTER_MS && deadCount >= DISABLE_AFTER_DEAD_DELIVERIES,
  };
}
