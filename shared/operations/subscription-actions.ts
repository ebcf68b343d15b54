import { refusal, type Refusal } from '../problem.ts';
import { resume } from '../subscriptions/place-subscription.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { unsubscribe, type UnsubscribePorts } from '../subscriptions/unsubscribe.ts';

export interface SubscriptionActionPorts extends UnsubscribePorts {
  /** Hints that a subscription has changed: what waits for it can go on. */
  readonly release: (subscription: Subscription) => Promise<void>;
}

/** Somebody else changing the same row this often in a row is a storm that the caller should sit out. */
const MAX_TRIES = 10;

/** Ends a subscription whoever made it, as its own connection would. `ended` also when it is gone already. */
export async function endSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'ended' } | Refusal> {
  if (parseSubscriptionId(id) === undefined) return refusal('subscription-unknown', 'There is no such subscription.');
  const subscription = await ports.store.load(id);
  if (subscription) await unsubscribe(ports, subscription.connection, subscription.trigger, id);
  return { kind: 'ended' };
}

/**
 * Makes a paused or disabled subscription active with a clean record, and lets go out what waits for it. Of an active one, only the
 * latter: the call may be repeated.
 */
export async function resumeSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'resumed'; subscriptionId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    if (subscription === undefined || subscription.status === 'deleted' || subscription.birth === undefined) {
      return refusal('subscription-unknown', 'There is no such subscription.');
    }
    if (subscription.status === 'gone' || subscription.status === 'superseded') {
      return refusal('subscription-ended', `The subscription is ${subscription.status} and cannot be active again.`);
    }
    const nowMs = ports.clock.now();
    await ports.work.add({ kind: 'subscription', subscriptionId: id }, nowMs);
    if ((await ports.store.writeTogether([resume(subscription, nowMs)])).kind === 'written') {
      await ports.release(subscription);
      return { kind: 'resumed', subscriptionId: id };
    }
  }
  return refusal('subscription-changing', 'The subscription is being changed by others. Try again in a moment.');
}
