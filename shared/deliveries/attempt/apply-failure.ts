import { StorageError } from '../../storage/tables.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { ChunkPorts } from '../outbox/chunk-ports.ts';
import { FIRST_PROBE_MS, STALE_VERSION, TURNED_OFF, type Disposition } from './disposition.ts';
import { applyQuietly, applyToSubscription } from '../subscription/subscription-effects.ts';
import { takeProbe, type Target } from './target.ts';
import { statusOf, type DeliveryRecord } from '../records/delivery-record.ts';

/** A delivery whose subscription may be probed is the probe, if nobody else is faster; else it waits. */
export async function claimProbe(
  ports: Pick<ChunkPorts, 'store' | 'clock'>,
  target: Target,
): Promise<Exclude<Target, { kind: 'probe' }>> {
  if (target.kind !== 'probe') return target;
  const { subscription } = target;
  if (await takeProbe(ports, subscription)) return { kind: 'call', subscription };
  return { kind: 'park', subscription, code: TURNED_OFF };
}

/**
 * How a delivery that was not delivered goes on, and what that means for the subscription that was called. Whoever waits for a subscription
 * is written down after the subscription says why: it is paused first, and when storage gives no answer to that, the delivery is tried again
 * by itself.
 */
export async function applyFailure(
  ports: ChunkPorts,
  called: Subscription,
  disposition: Exclude<Disposition, { kind: 'delivered' }>,
  nowMs: number,
): Promise<{ readonly start: Pick<DeliveryRecord, 'status' | 'dueAtMs'>; readonly effect: () => Promise<void> }> {
  if (await isSavedAgain(ports, called, disposition)) {
    return { start: { status: 'retrying', dueAtMs: nowMs }, effect: () => Promise.resolve() };
  }
  // Only an active flow is called again by the schedule: any other is asked by one probe at a time, or by an operator.
  const waitsForFlow = disposition.kind === 'parked' || (disposition.kind === 'retrying' && called.status !== 'active');
  if (!waitsForFlow) {
    return { start: statusOf(disposition, nowMs), effect: () => applyQuietly(ports, called, disposition, nowMs) };
  }
  try {
    await applyToSubscription(ports, called, disposition, nowMs);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('subscription.not-updated', { subscriptionId: called.id, reason: error.message });
    return { start: { status: 'retrying', dueAtMs: nowMs + FIRST_PROBE_MS }, effect: () => Promise.resolve() };
  }
  return { start: { status: 'parked', dueAtMs: undefined }, effect: () => Promise.resolve() };
}

/** Whether the flow was saved again while it was called: then its answer is of the version before, and its successor is there. */
async function isSavedAgain({ store }: ChunkPorts, called: Subscription, disposition: Disposition): Promise<boolean> {
  if (disposition.kind !== 'retrying' || disposition.code !== STALE_VERSION) return false;
  const current = await store.load(called.id);
  return current?.status === 'superseded' && current.successor !== undefined;
}
