import type { Subscription } from '../../subscriptions/subscription.ts';
import { FIRST_PROBE_MS, NEXT_PROBE_MS, PROBE_LEASE_MS } from '../attempt/disposition.ts';

/** A flow that is found turned off for this long, whenever it is asked, is taken for abandoned. */
export const MAX_OFF_MS = 7 * 24 * 3600 * 1000;
/** Two answers that lie further apart say nothing of the time between them: the flow may have been on and off again. */
const ASKED_WITHIN_MS = 2 * NEXT_PROBE_MS + 3600 * 1000;

/**
 * A subscription whose flow has just said that it is turned off. Only the time between two such answers in a row counts as time in which it
 * was off: not that in which it failed for another reason, and not that in which it was not asked. Pure. `undefined`: nothing changes, for an
 * attempt that was in flight at the same time has said so already.
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
  const totalMs = offMs + (sinceMs <= ASKED_WITHIN_MS ? sinceMs : 0);
  if (totalMs >= MAX_OFF_MS) return { ...subscription, status: 'gone', offMs: totalMs, deletedAt: now };
  return { ...subscription, offMs: totalMs, ...probed(NEXT_PROBE_MS) };
}

/** A paused subscription whose probe failed for another reason: it is asked again after `delayMs`. Pure. */
export function probeFailed(subscription: Subscription, nowMs: number, delayMs: number): Subscription {
  return { ...subscription, nextProbeAt: new Date(nowMs + delayMs).toISOString(), offCheckedAt: undefined };
}
