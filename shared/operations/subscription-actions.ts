import { refusal, type Refusal } from '../problem.ts';
import { resume } from '../subscriptions/store-subscription.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import { isEndedByOperator, type Subscription } from '../subscriptions/subscription.ts';
import type { UnsubscribePorts } from '../subscriptions/unsubscribe.ts';

export interface SubscriptionActionPorts extends UnsubscribePorts {
  /** Hints that a subscription has changed: what waits for it can go on. */
  readonly release: (subscription: Subscription) => Promise<void>;
}

/** Somebody else changing the same row this often in a row is a storm that the caller should sit out. */
const MAX_TRIES = 10;

/**
 * Ends a subscription whoever made it: nobody is called any more, it counts no longer, and its connection knows it no longer. What is held
 * ends; the row stays as long as a delivery of it may, so that the operator still sees what happened. `ended` also when it has ended already.
 */
export async function endSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'ended' } | Refusal> {
  if (parseSubscriptionId(id) === undefined) return refusal('subscription-unknown', 'There is no such subscription.');
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    // One that was superseded is its successor's way to what it was owed; one that is being made is not there yet.
    if (!subscription || subscription.status === 'superseded' || subscription.status === 'deleted')
      return { kind: 'ended' };
    if (isEndedByOperator(subscription)) return { kind: 'ended' };
    const nowMs = ports.clock.now();
    const deletedAt = subscription.deletedAt ?? new Date(nowMs).toISOString();
    const ended: Subscription = { ...subscription, status: 'gone', reason: 'operator', deletedAt };
    await ports.work.add({ kind: 'subscription', subscriptionId: id }, nowMs);
    const written = subscription.ended ? await ports.store.writeTogether([ended]) : await ports.store.end(ended);
    if (written.kind === 'conflict') continue;
    await ports.connections.forget(subscription);
    await ports.release(ended);
    return { kind: 'ended' };
  }
  return refusal('subscription-changing', 'The subscription is being changed by others. Try again in a moment.');
}

/**
 * Stops the calls of a subscription until somebody resumes it or its flow is saved again: what happens meanwhile is held. It is neither
 * probed nor given up. May be repeated.
 */
export async function pauseSubscription(
  ports: Pick<SubscriptionActionPorts, 'store' | 'clock'>,
  id: string,
): Promise<{ kind: 'held'; subscriptionId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    if (subscription === undefined || subscription.status === 'deleted' || subscription.activeFrom === undefined) {
      return refusal('subscription-unknown', 'There is no such subscription.');
    }
    if (subscription.status === 'gone' || subscription.status === 'superseded') {
      return refusal('subscription-ended', `The subscription is ${subscription.status}: nobody is called anyway.`);
    }
    if (subscription.status === 'disabled' && subscription.reason === 'operator') {
      return { kind: 'held', subscriptionId: id };
    }
    const pausedSince = new Date(ports.clock.now()).toISOString();
    const unprobed = { nextProbeAt: undefined, offCheckedAt: undefined, offMs: 0 };
    const held: Subscription = { ...subscription, ...unprobed, status: 'disabled', reason: 'operator', pausedSince };
    if ((await ports.store.writeTogether([held])).kind === 'written') return { kind: 'held', subscriptionId: id };
  }
  return refusal('subscription-changing', 'The subscription is being changed by others. Try again in a moment.');
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
    if (subscription === undefined || subscription.status === 'deleted' || subscription.activeFrom === undefined) {
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
