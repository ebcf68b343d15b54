/** What is remembered of a subscription's failures since its last success. A healthy one has nothing to remember. */
export interface SubscriptionHealth {
  /** Instant of the first failed attempt since the last success. */
  readonly failingSinceMs?: number;
  /** Dead deliveries since the last success. */
  readonly deadCount: number;
}

export const HEALTHY: SubscriptionHealth = { deadCount: 0 };

/** A subscription is given up after failing for this long: long enough for a weekend and the Monday after it. */
export const DISABLE_AFTER_MS = 5 * 24 * 3600 * 1000;

/** One dead delivery may have been the fault of that delivery. */
export const DISABLE_AFTER_DEAD_DELIVERIES = 2;

/** `failed`: an attempt that will be retried. `dead`: the last attempt of a delivery. */
export type HealthOutcome = 'delivered' | 'failed' | 'dead';

/**
 * The health after an attempt's outcome, and whether the subscription is now to be disabled. Each dead delivery must be counted
 * once: repeat this only for an outcome that was not stored.
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
