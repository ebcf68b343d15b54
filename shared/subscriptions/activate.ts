import { isPending, type Subscription } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface ActivatePorts {
  readonly store: SubscriptionStore;
  /**
   * The sequence number of the latest observation of the subscription's subject. `undefined` when
   * the subject is not observed: its state was removed because no subscription needed it.
   */
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
}

/**
 * Sets `activeFrom` of a stored subscription and, in the same transaction, `activeUntil` of the
 * subscription that it supersedes, so that each observation concerns exactly one of the two. The
 * sequence number is read after the row is stored, so that the range query for a later observation
 * finds the row.
 *
 * Returns `undefined` when the row no longer exists or its subject is not observed.
 */
export async function activate(ports: ActivatePorts, pending: Subscription): Promise<Subscription | undefined> {
  let subscription: Subscription | undefined = pending;
  while (subscription !== undefined && subscription.activeFrom === undefined) {
    const sequence = await ports.sequenceOf(subscription);
    if (sequence === undefined) return undefined;
    const previous = subscription.predecessor && (await ports.store.load(subscription.predecessor));
    const active: Subscription = { ...subscription, activeFrom: sequence, predecessor: undefined };
    await ports.store.writeTogether(
      previous && previous.status === 'superseded' && previous.activeUntil === undefined && !previous.ended
        ? [active, { ...previous, activeUntil: sequence }]
        : [active],
    );
    subscription = await ports.store.load(subscription.id);
  }
  return subscription;
}

/**
 * Resolves a pending subscription that fan-out has found among the recipients of an event.
 *
 * If the subscription already supersedes another one, activates it. Otherwise only rewrites its
 * row: its subscribe request has not been answered yet, so the event does not have to reach it. The
 * rewrite changes the ETag, so the write of the subscribe request fails. The request then reads the
 * sequence number again and activates the subscription after this event. The subscription must not
 * be activated here, because a later save of the same flow may still supersede it, and both would
 * then be active.
 *
 * Returns `undefined` when the row no longer exists or its subject is not observed.
 */
export async function resolvePending(ports: ActivatePorts, pending: Subscription): Promise<Subscription | undefined> {
  let subscription: Subscription | undefined = pending;
  while (
    subscription !== undefined &&
    subscription.activeFrom === undefined &&
    subscription.predecessor === undefined
  ) {
    const rewritten = await ports.store.writeTogether([subscription]);
    if (rewritten.kind === 'written') return subscription;
    subscription = await ports.store.load(subscription.id);
  }
  if (subscription?.activeFrom === undefined) subscription = subscription && (await activate(ports, subscription));
  // Another worker may have activated the subscription meanwhile, and a later save may have
  // superseded it.
  if (subscription === undefined || !isPending(subscription)) return subscription;
  const successor = subscription.successor && (await ports.store.load(subscription.successor));
  if (successor) await activate(ports, successor);
  return ports.store.load(subscription.id);
}
