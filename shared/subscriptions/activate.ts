import { isPending, type Subscription } from './subscription.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface ActivatePorts {
  readonly store: SubscriptionStore;
  /** How many observations of its subject were taken so far; undefined when the subject is not observed (any more). */
  readonly sequenceOf: (subscription: Subscription) => Promise<number | undefined>;
}

/**
 * Gives a subscription whose row is in its birth, and its predecessor the same number as its end: from here on exactly one of
 * them is concerned by each observation. The sequence is read after the row is in, so every observation beyond it
 * finds the row.
 *
 * `undefined`: the row is gone, or its subject is not observed.
 */
export async function activate(ports: ActivatePorts, unborn: Subscription): Promise<Subscription | undefined> {
  let subscription: Subscription | undefined = unborn;
  while (subscription !== undefined && subscription.activeFrom === undefined) {
    const sequence = await ports.sequenceOf(subscription);
    if (sequence === undefined) return undefined;
    const predecessor = subscription.predecessor && (await ports.store.load(subscription.predecessor));
    const born: Subscription = { ...subscription, activeFrom: sequence, predecessor: undefined };
    await ports.store.writeTogether(
      predecessor && predecessor.status === 'superseded' && predecessor.activeUntil === undefined && !predecessor.ended
        ? [born, { ...predecessor, activeUntil: sequence }]
        : [born],
    );
    subscription = await ports.store.load(subscription.id);
  }
  return subscription;
}

/**
 * Settles whether a subscription that is being made at this very moment is concerned by an observation that was just taken. One that
 * has taken its predecessor's place gets its birth. Any other is not owed what is older than its 201: its row is touched, so that whoever
 * is making it reads the sequence again, and comes after the observation. It must not be born here: its place in
 * the line of its flow may not be decided, and then two saves of one flow would live.
 *
 * `undefined`: the row is gone, or its subject is not observed.
 */
export async function resolvePending(ports: ActivatePorts, undecided: Subscription): Promise<Subscription | undefined> {
  let subscription: Subscription | undefined = undecided;
  while (
    subscription !== undefined &&
    subscription.activeFrom === undefined &&
    subscription.predecessor === undefined
  ) {
    const touched = await ports.store.writeTogether([subscription]);
    if (touched.kind === 'written') return subscription;
    subscription = await ports.store.load(subscription.id);
  }
  if (subscription?.activeFrom === undefined) subscription = subscription && (await activate(ports, subscription));
  // Born by now, perhaps by another's hand, and then another may have taken its place already.
  if (subscription === undefined || !isPending(subscription)) return subscription;
  const successor = subscription.successor && (await ports.store.load(subscription.successor));
  if (successor) await activate(ports, successor);
  return ports.store.load(subscription.id);
}
