import type { Subscription } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface BirthPorts {
  readonly store: SubscriptionStore;
  /** How many observations of its subject were taken so far; undefined when the subject is not observed (any more). */
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
}

/**
 * Gives a subscription whose row is in its birth, and its predecessor the same number as its end: from here on exactly one of
 * them is concerned by each observation. The sequence is read after the row is in, so every observation beyond it
 * finds the row. Whoever meets a subscription without a birth may do this; the first one decides.
 *
 * `undefined`: the row is gone, or its subject is not observed.
 */
export async function giveBirth(ports: BirthPorts, unborn: Subscription): Promise<Subscription | undefined> {
  let subscription: Subscription | undefined = unborn;
  while (subscription !== undefined && subscription.birth === undefined) {
    const sequence = await ports.sequenceOf(subscription);
    if (sequence === undefined) return undefined;
    const predecessor = subscription.predecessor && (await ports.store.load(subscription.predecessor));
    const born: Subscription = { ...subscription, birth: sequence, predecessor: undefined };
    await ports.store.writeTogether(
      predecessor && predecessor.status === 'superseded' && predecessor.until === undefined && !predecessor.ended
        ? [born, { ...predecessor, until: sequence }]
        : [born],
    );
    subscription = await ports.store.load(subscription.id);
  }
  return subscription;
}
