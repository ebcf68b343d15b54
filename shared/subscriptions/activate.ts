import { isPending, type Subscription } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface ActivatePorts {
  readonly store: SubscriptionStore;
  /**
   * The number of observations of the subscription's subject; undefined when the subject is not
   * observed.
   */
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
}

/**
 * Sets `activeFrom` of a stored subscription and, in the same transaction, `activeUntil` of the one
 * it supersedes, so that each observation concerns exactly one of them. Reads the sequence number
 * after the row is stored, so that fan-out of a later observation finds the row.
 *
 * `undefined` when the row no longer exists or its subject is not observed.
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
 * Decides whether an observation concerns a subscription that is still being created. If it already
 * supersedes another one, it is activated. Otherwise the observation is older than its 201 and does
 * not concern it: the row is rewritten, so that the request that creates it reads the sequence
 * number again. It must not be activated here, because a save of the same flow may still supersede
 * it and both would then be active.
 *
 * `undefined` when the row no longer exists or its subject is not observed.
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
  // Another worker may have activated it, and a later save may have superseded it since.
  if (subscription === undefined || !isPending(subscription)) return subscription;
  const successor = subscription.successor && (await ports.store.load(subscription.successor));
  if (successor) await activate(ports, successor);
  return ports.store.load(subscription.id);
}
