import { refusal, type Refusal } from '../problem.ts';
import { resume } from '../subscriptions/store-subscription.ts';
import { withNotice } from '../subscriptions/status-notice.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import { isEndedByOperator, type Subscription } from '../subscriptions/subscription.ts';
import type { UnsubscribePorts } from '../subscriptions/unsubscribe.ts';

export interface SubscriptionActionPorts extends UnsubscribePorts {
  /**
   * Enqueues a `release` message: a worker then sends or ends the deliveries that are parked for
   * the subscription, and sends its notices to the operator's webhook.
   */
  readonly release: (subscription: Subscription) => Promise<void>;
  /**
   * Whether `OPERATOR_WEBHOOK_URL` is set. That webhook is notified when a flow is no longer
   * called.
   */
  readonly notifiesOperator: boolean;
}

/**
 * Maximum number of tries. If all of them conflict with other writers, the caller is asked to try
 * again later.
 */
const MAX_TRIES = 10;

/**
 * Ends a subscription of any connection. Its flow receives no further call, the subscription no
 * longer counts towards the connection's limit, and the connection can no longer see it. Parked
 * deliveries end.
 * The row is kept as long as delivery records are, so that the operator still sees what happened.
 * If the subscription had already ended, returns `ended` too.
 */
export async function endSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'ended' } | Refusal> {
  if (parseSubscriptionId(id) === undefined)
    return refusal('subscription-unknown', 'There is no subscription with this id.');
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    // The row of a superseded subscription stays unchanged, because it redirects deliveries to the
    // successor.
    if (!subscription || subscription.status === 'superseded' || subscription.status === 'deleted')
      return { kind: 'ended' };
    if (isEndedByOperator(subscription)) return { kind: 'ended' };
    const nowMs = ports.clock.now();
    const deletedAt = subscription.deletedAt ?? new Date(nowMs).toISOString();
    const ended = byOperator(ports, subscription, { ...subscription, status: 'gone', reason: 'operator', deletedAt });
    await ports.work.add({ kind: 'subscription', subscriptionId: id }, nowMs);
    const written = subscription.ended ? await ports.store.writeTogether([ended]) : await ports.store.end(ended);
    if (written.kind === 'conflict') continue;
    await ports.connections.forget(subscription);
    await ports.release(ended);
    return { kind: 'ended' };
  }
  return refusal('subscription-changing', 'Other requests are changing this subscription. Try again in a moment.');
}

/**
 * Pauses a subscription until an operator resumes it or its flow is saved again. Its status becomes
 * `disabled`, because `paused` means that the flow is turned off. Meanwhile its deliveries are
 * parked and never become dead, and no probe is sent. The call may be repeated.
 */
export async function pauseSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'paused'; subscriptionId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    if (subscription === undefined || subscription.status === 'deleted' || subscription.activeFrom === undefined) {
      return refusal('subscription-unknown', 'There is no subscription with this id.');
    }
    if (subscription.status === 'gone' || subscription.status === 'superseded') {
      return refusal('subscription-ended', `The subscription is ${subscription.status} and receives no calls.`);
    }
    if (subscription.status === 'disabled' && subscription.reason === 'operator') {
      return { kind: 'paused', subscriptionId: id };
    }
    const pausedSince = new Date(ports.clock.now()).toISOString();
    // No probe follows, and the time for which the flow was turned off no longer counts.
    const withoutProbes = { nextProbeAt: undefined, offCheckedAt: undefined, offMs: 0 };
    const change: Subscription = {
      ...subscription,
      ...withoutProbes,
      status: 'disabled',
      reason: 'operator',
      pausedSince,
    };
    const paused = byOperator(ports, subscription, change);
    const hasNotice = paused !== change;
    if (hasNotice) await ports.work.add({ kind: 'subscription', subscriptionId: id }, ports.clock.now());
    if ((await ports.store.writeTogether([paused])).kind === 'written') {
      if (hasNotice) await ports.release(paused);
      return { kind: 'paused', subscriptionId: id };
    }
  }
  return refusal('subscription-changing', 'Other requests are changing this subscription. Try again in a moment.');
}

/**
 * Returns the subscription after an action, with a notice of the action when the operator has a
 * webhook.
 */
function byOperator(
  { clock, notifiesOperator }: Pick<SubscriptionActionPorts, 'clock' | 'notifiesOperator'>,
  before: Subscription,
  after: Subscription,
): Subscription {
  return notifiesOperator ? withNotice(before, after, { code: 'operator', nowMs: clock.now() }) : after;
}

/**
 * Makes a paused or disabled subscription active, forgets its failures, and has its parked
 * deliveries sent. The call may be repeated.
 */
export async function resumeSubscription(
  ports: SubscriptionActionPorts,
  id: string,
): Promise<{ kind: 'resumed'; subscriptionId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const subscription = await ports.store.load(id);
    if (subscription === undefined || subscription.status === 'deleted' || subscription.activeFrom === undefined) {
      return refusal('subscription-unknown', 'There is no subscription with this id.');
    }
    if (subscription.status === 'gone' || subscription.status === 'superseded') {
      return refusal(
        'subscription-ended',
        `The subscription is ${subscription.status} and cannot become active again.`,
      );
    }
    const nowMs = ports.clock.now();
    await ports.work.add({ kind: 'subscription', subscriptionId: id }, nowMs);
    if ((await ports.store.writeTogether([resume(subscription, nowMs)])).kind === 'written') {
      await ports.release(subscription);
      return { kind: 'resumed', subscriptionId: id };
    }
  }
  return refusal('subscription-changing', 'Other requests are changing this subscription. Try again in a moment.');
}
