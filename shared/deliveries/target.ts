import type { Clock } from '../clock.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { DELETED_GRACE_MS, type Subscription } from '../subscriptions/subscription.ts';
import { unreachable } from '../unreachable.ts';

/** Where a delivery can go right now. */
export type Target =
  | { readonly kind: 'call'; readonly subscription: Subscription }
  /** Nobody may be called yet. */
  | { readonly kind: 'park'; readonly subscription: Subscription; readonly untilMs: number; readonly code: string }
  /** Nobody will be called. `expired`: the subscription waited in vain for its flow and ends with it. */
  | { readonly kind: 'end'; readonly code: string; readonly expired?: Subscription };

/** Whom a look at a target asks. */
export interface TargetPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/** A flow that stays turned off this long is taken for abandoned. */
export const PAUSED_FOR_MS = 7 * 24 * 3600 * 1000;
/**
 * How long a message of a paused subscription sleeps before it looks whether the flow is on again. Most are released when it is; a
 * delivery that was parked in that very moment, or that belongs to an earlier save of the flow, was not among them.
 */
const PAUSED_LOOK_MS = 12 * 3600 * 1000;
/** How long a message of a disabled subscription sleeps before it looks again. */
export const DISABLED_LOOK_MS = 7 * 24 * 3600 * 1000;

/**
 * Follows a delivery's subscription to whoever takes its place now, and says whether they may be called. `own` is the subscription
 * the delivery belongs to; undefined when it is no more. `insists`: an operator wants to know, paused or disabled as it may be.
 */
export async function targetOf(
  { store, isAllowed }: TargetPorts,
  own: Subscription | undefined,
  deliveryId: string,
  nowMs: number,
  insists = false,
): Promise<Target> {
  if (own !== undefined && !isAllowed(own.instanceId)) return { kind: 'end', code: 'instance-not-allowed' };
  let subscription = own;
  while (subscription?.status === 'superseded') {
    if (subscription.successor === undefined) return { kind: 'end', code: 'superseded' };
    subscription = await store.load(subscription.successor);
  }
  if (subscription === undefined) return { kind: 'end', code: 'unsubscribed' };
  switch (subscription.status) {
    case 'active':
      return { kind: 'call', subscription };
    case 'paused': {
      const untilMs = Date.parse(subscription.pausedSince ?? '') + PAUSED_FOR_MS;
      if (nowMs >= untilMs) return { kind: 'end', code: 'turned-off', expired: subscription };
      if (subscription.probe === undefined || subscription.probe === deliveryId || insists) {
        return { kind: 'call', subscription };
      }
      return { kind: 'park', subscription, untilMs: Math.min(untilMs, nowMs + PAUSED_LOOK_MS), code: 'turned-off' };
    }
    case 'disabled':
      if (insists) return { kind: 'call', subscription };
      return { kind: 'park', subscription, untilMs: nowMs + DISABLED_LOOK_MS, code: 'disabled' };
    case 'deleted': {
      const untilMs = Date.parse(subscription.deletedAt ?? '') + DELETED_GRACE_MS;
      return nowMs >= untilMs
        ? { kind: 'end', code: 'unsubscribed' }
        : { kind: 'park', subscription, untilMs, code: 'unsubscribed' };
    }
    case 'gone':
      return { kind: 'end', code: 'gone' };
    default:
      return unreachable(subscription.status);
  }
}

/**
 * Looks up a delivery's subscription, `own`, and where the delivery can go. The clock is read before the look: whoever is frozen after it
 * finds no wait over that was not over when they looked.
 */
export async function lookUpTarget(
  ports: TargetPorts & { readonly clock: Pick<Clock, 'now'> },
  subscriptionId: string,
  deliveryId: string,
  insists = false,
): Promise<{ readonly own: Subscription | undefined; readonly target: Target }> {
  const nowMs = ports.clock.now();
  const own = await ports.store.load(subscriptionId);
  return { own, target: await targetOf(ports, own, deliveryId, nowMs, insists) };
}
