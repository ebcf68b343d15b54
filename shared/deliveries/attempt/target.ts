import type { Clock } from '../../clock.ts';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.ts';
import { graceEndsMs, isEndedByOperator, type Subscription } from '../../subscriptions/subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { PROBE_LEASE_MS } from './disposition.ts';

/** Where a delivery can go right now. */
export type Target =
  | { readonly kind: 'call'; readonly subscription: Subscription }
  /** The flow was found turned off, and it is time to ask again: whoever takes the right to probe calls it. */
  | { readonly kind: 'probe'; readonly subscription: Subscription }
  /** Nobody may be called until the subscription changes. */
  | { readonly kind: 'park'; readonly subscription: Subscription; readonly code: string }
  /** Nobody will be called. */
  | { readonly kind: 'end'; readonly code: string };

/** Who wants the call made although the flow is off: an operator, whatever the status (`true`), or the probe of a flow that was found off. */
export type Insistence = boolean | 'probe';

/** Codes of deliveries that are held or ended because an operator said so. */
export const PAUSED_BY_OPERATOR = 'paused-by-operator';
export const ENDED_BY_OPERATOR = 'ended-by-operator';

/** Whom a look at a target asks. */
export interface TargetPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/**
 * Follows a delivery's subscription to whoever takes its place now, and says whether they may be called. `own` is the subscription
 * the delivery belongs to; undefined when it is no more. What `insists` says: see there.
 */
export async function targetOf(
  { store, isAllowed }: TargetPorts,
  own: Subscription | undefined,
  nowMs: number,
  insists: Insistence = false,
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
    case 'paused':
      if (insists) return { kind: 'call', subscription };
      return nowMs >= nextProbeMs(subscription)
        ? { kind: 'probe', subscription }
        : { kind: 'park', subscription, code: 'turned-off' };
    case 'disabled':
      return insists === true
        ? { kind: 'call', subscription }
        : { kind: 'park', subscription, code: codeOfDisabled(subscription) };
    case 'deleted':
      return nowMs >= graceEndsMs(subscription)
        ? { kind: 'end', code: 'unsubscribed' }
        : { kind: 'park', subscription, code: 'unsubscribed' };
    case 'gone':
      return { kind: 'end', code: isEndedByOperator(subscription) ? ENDED_BY_OPERATOR : 'gone' };
    default:
      return unreachable(subscription.status);
  }
}

/** A flow that an operator has stopped is not at fault. */
function codeOfDisabled({ reason }: Subscription): string {
  return reason === 'operator' ? PAUSED_BY_OPERATOR : 'disabled';
}

/** When a paused flow may be asked again whether it is on. At once, when nobody has said when. */
export function nextProbeMs({ nextProbeAt }: Subscription): number {
  return nextProbeAt === undefined ? 0 : Date.parse(nextProbeAt);
}

/**
 * Looks up a delivery's subscription, `own`, and where the delivery can go. The clock is read before the look: whoever is frozen after it
 * finds no wait over that was not over when they looked.
 */
export async function resolveTarget(
  ports: TargetPorts & { readonly clock: Pick<Clock, 'now'> },
  subscriptionId: string,
  insists: Insistence = false,
): Promise<{ readonly own: Subscription | undefined; readonly target: Target }> {
  const nowMs = ports.clock.now();
  const own = await ports.store.load(subscriptionId);
  return { own, target: await targetOf(ports, own, nowMs, insists) };
}

/**
 * Takes the right to ask a paused flow whether it is on again. It holds until the answer is recorded, or its time is over. False: somebody
 * else took it, or changed the subscription.
 */
export async function takeProbe(
  { store, clock }: { readonly store: Pick<SubscriptionStore, 'writeTogether'>; readonly clock: Pick<Clock, 'now'> },
  subscription: Subscription,
): Promise<boolean> {
  const nextProbeAt = new Date(clock.now() + PROBE_LEASE_MS).toISOString();
  return (await store.writeTogether([{ ...subscription, nextProbeAt }])).kind === 'written';
}
