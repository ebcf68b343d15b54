import { StorageError } from '../../storage/tables.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.ts';
import { statusOf, type DeliveryRecord } from '../records/delivery-record.ts';
import { applyQuietly, applyToSubscription, type EffectPorts } from '../subscription/subscription-effects.ts';
import { FIRST_PROBE_MS, STALE_VERSION, type Disposition } from './disposition.ts';

/** The consequences of a failed attempt. */
export interface FailureResult {
  /** The status and due time that the delivery record gets. */
  readonly next: Pick<DeliveryRecord, 'status' | 'dueAtMs'>;
  /**
   * Updates the subscription. Call it once the delivery record is stored. Does not reject when
   * storage fails.
   */
  readonly effect: () => Promise<void>;
}

/**
 * Decides what happens to a delivery after a failed attempt. If the delivery is parked, the
 * subscription is updated here, before the delivery record is stored, so that the subscription
 * always shows why the delivery is parked. If the update fails, the delivery is retried instead.
 */
export async function applyFailure(
  ports: EffectPorts,
  called: Subscription,
  disposition: Exclude<Disposition, { kind: 'delivered' }>,
  nowMs: number,
): Promise<FailureResult> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (await isSavedAgain(ports, called, disposition)) {
    return { next: { status: 'retrying', dueAtMs: nowMs }, effect: nothing };
  }
  // The retry schedule applies to active subscriptions only. Other subscriptions are called at an
  // operator's request, or by one probe at a time, which finds out whether the flow is on again.
  const mustWait = disposition.kind === 'parked' || (disposition.kind === 'retrying' && called.status !== 'active');
  if (!mustWait) {
    return { next: statusOf(disposition, nowMs), effect: () => applyQuietly(ports, called, disposition, nowMs) };
  }
  try {
    await applyToSubscription(ports, called, disposition, nowMs);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('subscription.not-updated', { subscriptionId: called.id, reason: error.message });
    return { next: { status: 'retrying', dueAtMs: nowMs + FIRST_PROBE_MS }, effect: nothing };
  }
  return { next: { status: 'parked', dueAtMs: undefined }, effect: nothing };
}

/**
 * Whether the flow was saved again during the attempt. The response then came from the previous
 * version.
 */
async function isSavedAgain(
  { store }: { readonly store: Pick<SubscriptionStore, 'load'> },
  called: Subscription,
  disposition: Disposition,
): Promise<boolean> {
  if (disposition.kind !== 'retrying' || disposition.code !== STALE_VERSION) return false;
  const current = await store.load(called.id);
  return current?.status === 'superseded' && current.successor !== undefined;
}
