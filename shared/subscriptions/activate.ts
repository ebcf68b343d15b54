import { isPending, type Subscription } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface ActivatePorts {
  readonly store: SubscriptionStore;
  /**
   * The latest sequence number of the subscription's subject; undefined when the subject is not
   * observed.
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
 * Called when an observation reaches a subscription that is still being created. If the
 * subscription already supersedes another one, activates it. Otherwise the subscribe request has
 * not been answered yet, so the observation does not concern the subscription. Its row is then
 * rewritten, which changes its ETag, so that the subscribe request reads the sequence number again
 * before it activates the subscription. It must not be activated here, because a later save of the
 * same flow may still supersede it, and both would then be active.
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
  // Another worker may have activated the subscription since, and a later save may have superseded
  // it.
  if (subscription === undefined || !isPending(subscription)) return subscription;
  const successor = subscription.successor && (await ports.store.load(subscription.successor));
  if (successor) await activate(ports, successor);
  return ports.store.load(subscription.id);
}
