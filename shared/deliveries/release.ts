import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Queues } from '../storage/queues.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { ActivityStore } from './activity-store.ts';
import { isWaiting, sendRetry, type Trouble } from './trouble.ts';

export interface ReleasePorts {
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
}

/** What waits for longer waits for a disabled subscription: the retry schedule is 28 hours, a paused one ends after 7 days. */
const LOOK_BACK_MS = 8 * 24 * 3600 * 1000;
/** Rows lie by when their event occurred. One that is told after an outage may be as old as the history that Customer Insights is asked for. */
const TOLD_LATE_MS = 30 * 24 * 3600 * 1000;
/** Between two deliveries of one flow that go out: a flow that is just back is not flooded. */
const PACE_MS = 100;

/**
 * Brings the deliveries forward that wait for a change of a subscription, its own and those of its predecessors: each gets a new nonce and
 * its message, which makes any other message of it void. May run twice. `sinceMs`: since when the subscription was failing, if it was.
 */
export async function releaseWaiting(
  ports: ReleasePorts,
  { subscriptionId, sinceMs = Infinity }: { readonly subscriptionId: string; readonly sinceMs?: number },
): Promise<void> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return;
  const nowMs = ports.clock.now();
  let dueAtMs = nowMs;
  const range = { sinceMs: Math.min(sinceMs - TOLD_LATE_MS, nowMs - LOOK_BACK_MS), nowMs };
  for await (const trouble of ports.activity.troublesWaitingFor(
    { instanceId: address.instanceId, id: subscriptionId },
    range,
  )) {
    if (!isWaiting(trouble) || trouble.dueAtMs <= nowMs) continue;
    const next = { ...trouble, nonce: ports.random.token(9), dueAtMs };
    await sendRetry(ports, next, trouble.nonce);
    // Somebody else has just changed it: then it is on its way already, and the message above is dropped.
    await ports.activity.replaceTrouble(next);
    dueAtMs += PACE_MS;
  }
}

/** A delivery that has just begun to wait. `isHeld`: because nobody could be called, not because of an answer. */
export interface JustWaiting {
  readonly trouble: Trouble;
  readonly isHeld: boolean;
}

/**
 * Looks again at what deliveries wait for, once their rows are in: whoever changed it in the meantime found no row to bring forward. One
 * request for each subscription that is waited for.
 */
export async function releaseChanged(
  ports: {
    readonly store: Pick<SubscriptionStore, 'load'>;
    readonly release: (subscription: Subscription) => Promise<void>;
  },
  begun: readonly JustWaiting[],
): Promise<void> {
  const waiting = begun.filter(({ trouble }) => isWaiting(trouble));
  for (const id of new Set(waiting.map(({ trouble }) => trouble.waitsFor))) {
    const subscription = await ports.store.load(id);
    const isHeld = waiting.some((one) => one.isHeld && one.trouble.waitsFor === id);
    const isResumed = isHeld && subscription?.status === 'active';
    if (subscription && (subscription.status === 'superseded' || isResumed)) await ports.release(subscription);
  }
}
