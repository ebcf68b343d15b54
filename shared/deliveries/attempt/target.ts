import type { Clock } from '../../clock.ts';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.ts';
import { graceEndsMs, isEndedByOperator, type Subscription } from '../../subscriptions/subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { PROBE_LEASE_MS, TURNED_OFF } from './disposition.ts';

/** The subscription that a delivery goes to at this moment, and whether it may be called. */
export type Target =
  | { readonly kind: 'call'; readonly subscription: Subscription }
  /**
   * The flow was turned off and a probe is due: a call that finds out whether the flow is on again.
   * Only the worker that claims the probe calls the flow.
   */
  | { readonly kind: 'probe'; readonly subscription: Subscription }
  /** No call is allowed until the subscription changes. */
  | { readonly kind: 'park'; readonly subscription: Subscription; readonly code: string }
  /** No call will be made, so the delivery ends. */
  | { readonly kind: 'end'; readonly code: string };

/**
 * Who requests the call although the subscription is not active. `operator` may also call a paused
 * or disabled subscription. `probe` is the probe of a paused subscription.
 */
export type ForcedBy = 'operator' | 'probe';

/** Codes of deliveries that are parked or ended because of an operator. */
export const PAUSED_BY_OPERATOR = 'paused-by-operator';
export const ENDED_BY_OPERATOR = 'ended-by-operator';

export interface TargetPorts {
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** Whether `ALLOWED_INSTANCES` permits the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/**
 * Follows the redirects of a superseded subscription to its latest successor, and decides whether
 * the subscription found may be called. `own` is the subscription that the delivery belongs to,
 * `undefined` when it no longer exists.
 */
export async function targetOf(
  { store, isAllowed }: TargetPorts,
  own: Subscription | undefined,
  nowMs: number,
  forcedBy?: ForcedBy,
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
      if (forcedBy !== undefined) return { kind: 'call', subscription };
      return nowMs >= nextProbeMs(subscription)
        ? { kind: 'probe', subscription }
        : { kind: 'park', subscription, code: TURNED_OFF };
    case 'disabled':
      return forcedBy === 'operator'
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

/** A flow that an operator has paused is not at fault, so its deliveries get a separate code. */
function codeOfDisabled({ reason }: Subscription): string {
  return reason === 'operator' ? PAUSED_BY_OPERATOR : 'disabled';
}

/**
 * When the next probe of a paused subscription is due. Returns 0 (due now) when no time is stored.
 */
export function nextProbeMs({ nextProbeAt }: Subscription): number {
  return nextProbeAt === undefined ? 0 : Date.parse(nextProbeAt);
}

/**
 * Loads a delivery's subscription, `own`, and resolves its target. Reads the clock before the row.
 * In the other order, the process could be suspended between the two and then treat a deadline as
 * passed although it was still ahead when the row was read.
 */
export async function resolveTarget(
  ports: TargetPorts & { readonly clock: Pick<Clock, 'now'> },
  subscriptionId: string,
  forcedBy?: ForcedBy,
): Promise<{ readonly own: Subscription | undefined; readonly target: Target }> {
  const nowMs = ports.clock.now();
  const own = await ports.store.load(subscriptionId);
  return { own, target: await targetOf(ports, own, nowMs, forcedBy) };
}

/**
 * Claims the next probe of a paused subscription. The claim holds until the outcome is stored or
 * `PROBE_LEASE_MS` have passed. Returns false when another worker has claimed the probe or changed
 * the subscription.
 */
export async function takeProbe(
  { store, clock }: { readonly store: Pick<SubscriptionStore, 'writeTogether'>; readonly clock: Pick<Clock, 'now'> },
  subscription: Subscription,
): Promise<boolean> {
  const nextProbeAt = new Date(clock.now() + PROBE_LEASE_MS).toISOString();
  return (await store.writeTogether([{ ...subscription, nextProbeAt }])).kind === 'written';
}

/**
 * Resolves a `probe` target: to `call` if this worker claims the probe, otherwise to `park`.
 * Returns any other target unchanged.
 */
export async function claimProbe(
  ports: { readonly store: Pick<SubscriptionStore, 'writeTogether'>; readonly clock: Pick<Clock, 'now'> },
  target: Target,
): Promise<Exclude<Target, { kind: 'probe' }>> {
  if (target.kind !== 'probe') return target;
  const { subscription } = target;
  if (await takeProbe(ports, subscription)) return { kind: 'call', subscription };
  return { kind: 'park', subscription, code: TURNED_OFF };
}
