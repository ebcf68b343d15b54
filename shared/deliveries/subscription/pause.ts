import type { Subscription } from '../../subscriptions/subscription.ts';
import { FIRST_PROBE_MS, NEXT_PROBE_MS, PROBE_LEASE_MS } from '../attempt/disposition.ts';

/**
 * A subscription is gone when probes (calls that find out whether a flow is on again) have found
 * its flow turned off for this long in total.
 */
export const MAX_OFF_MS = 7 * 24 * 3600 * 1000;
/**
 * If two probes are further apart than this, the time between them does not count as off, because
 * the flow may have been on meanwhile.
 */
const MAX_PROBE_GAP_MS = 2 * NEXT_PROBE_MS + 3600 * 1000;

/**
 * Returns the subscription after an attempt that found its flow turned off, or `undefined` when a
 * concurrent attempt has already recorded the same. Pure. `offCheckedAt` is the time of this
 * attempt, and `offMs` the total time off. Only the time between two consecutive attempts that
 * found the flow turned off is added. Time in which attempts failed for another reason, or in which
 * no attempts were made, is not.
 */
export function recordOff(subscription: Subscription, nowMs: number): Subscription | undefined {
  const now = new Date(nowMs).toISOString();
  const probed = (delayMs: number): Pick<Subscription, 'nextProbeAt' | 'offCheckedAt'> => ({
    nextProbeAt: new Date(nowMs + delayMs).toISOString(),
    offCheckedAt: now,
  });
  if (subscription.status !== 'paused') {
    return { ...subscription, status: 'paused', pausedSince: now, offMs: 0, ...probed(FIRST_PROBE_MS) };
  }
  const { offCheckedAt, offMs } = subscription;
  const sinceMs = offCheckedAt === undefined ? Infinity : Math.max(0, nowMs - Date.parse(offCheckedAt));
  if (sinceMs < PROBE_LEASE_MS) return undefined;
  const totalMs = offMs + (sinceMs <= MAX_PROBE_GAP_MS ? sinceMs : 0);
  if (totalMs >= MAX_OFF_MS) return { ...subscription, status: 'gone', offMs: totalMs, deletedAt: now };
  return { ...subscription, offMs: totalMs, ...probed(NEXT_PROBE_MS) };
}

/**
 * Returns a paused subscription after a probe that failed for another reason. The next probe is due
 * after `delayMs`. Pure.
 */
export function probeFailed(subscription: Subscription, nowMs: number, delayMs: number): Subscription {
  return { ...subscription, nextProbeAt: new Date(nowMs + delayMs).toISOString(), offCheckedAt: undefined };
}
