import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Log } from '../../log.ts';
import { activate, type ActivatePorts } from '../../subscriptions/activate.ts';
import type { ConnectionStore } from '../../subscriptions/connection-store.ts';
import { parseSubscriptionId } from '../../subscriptions/subscription-id.ts';
import { graceEndsMs, type Subscription } from '../../subscriptions/subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { releaseDeliveries, makeProbe, oldestParked, type ReleasePorts } from '../retry/release-deliveries.ts';
import { redirectsUntilMs } from '../lifetimes.ts';
import { nextProbeMs, takeProbe } from '../attempt/target.ts';

export interface ReconcileSubscriptionPorts extends ActivatePorts, ReleasePorts {
  readonly connections: ConnectionStore;
  /** The outbox entries of an instance. */
  readonly outbox: (instanceId: string) => Promise<readonly OutboxEntry[]>;
  readonly log: Log;
  /** Whether `ALLOWED_INSTANCES` permits the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  readonly retentionMonths: number;
}

/**
 * Delay before the next step when more deliveries are left, or when another worker has to finish
 * first.
 */
const SOON_MS = 60_000;

/**
 * Moves a subscription one step forward from whatever state it was left in: releases the deliveries
 * that wait for it, makes a delivery the probe of a paused flow (the call that finds out whether
 * the flow is on again), and removes a subscription that has ended (superseded, gone or deleted).
 * Returns the time of the next step, or `undefined` when none is needed until the subscription
 * changes. Can be repeated safely. Never sends a POST.
 */
export async function reconcileSubscription(
  ports: ReconcileSubscriptionPorts,
  subscriptionId: string,
): Promise<number | undefined> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return undefined;
  const waitedFor = { instanceId: address.instanceId, id: subscriptionId };
  const nowMs = ports.clock.now();
  const subscription = await ports.store.load(subscriptionId);
  const releaseAll = async (): Promise<number | undefined> =>
    (await releaseDeliveries(ports, waitedFor, { kind: 'all' })) === 'more' ? nowMs + SOON_MS : undefined;
  // If the subscription does not exist, or its instance is not allowed any more, its deliveries are
  // released so that their retries end them.
  if (subscription === undefined || !ports.isAllowed(subscription.instanceId)) return releaseAll();
  switch (subscription.status) {
    case 'active': {
      const { resumedAt } = subscription;
      const resumedAtMs = resumedAt === undefined ? undefined : Date.parse(resumedAt);
      const done = await releaseDeliveries(ports, waitedFor, { kind: 'resumed', resumedAtMs });
      return done === 'more' ? nowMs + SOON_MS : undefined;
    }
    case 'paused':
      return probe(ports, subscription, waitedFor, nowMs);
    case 'disabled':
      return undefined;
    case 'deleted':
      if (nowMs < graceEndsMs(subscription)) return graceEndsMs(subscription);
      await ports.connections.forget(subscription);
      await ports.store.remove(subscription);
      return releaseAll();
    case 'gone':
      await ports.connections.forget(subscription);
      return (await releaseAll()) ?? removeWhenUnused(ports, subscription, nowMs);
    case 'superseded':
      return (await releaseAll()) ?? redirect(ports, subscription, nowMs);
    default:
      return unreachable(subscription.status);
  }
}

/**
 * Makes the oldest parked delivery the probe, if a probe is due. If no delivery is parked, the next
 * event is the probe.
 */
async function probe(
  ports: ReconcileSubscriptionPorts,
  subscription: Subscription,
  waitedFor: { readonly instanceId: string; readonly id: string },
  nowMs: number,
): Promise<number | undefined> {
  if (nowMs < nextProbeMs(subscription)) return nextProbeMs(subscription);
  const parked = await oldestParked(ports, waitedFor);
  if (parked === undefined) return undefined;
  if (!(await takeProbe(ports, subscription))) return nowMs + SOON_MS;
  await makeProbe(ports, parked);
  const current = await ports.store.load(subscription.id);
  return current?.status === 'paused' ? nextProbeMs(current) : nowMs + SOON_MS;
}

/**
 * Moves a superseded subscription out of the range that fan-out reads, once the outbox has no entry
 * that may still concern it. The subscription stays as a redirect until no stored delivery can
 * belong to it.
 */
async function redirect(
  ports: ReconcileSubscriptionPorts,
  subscription: Subscription,
  nowMs: number,
): Promise<number | undefined> {
  // `ended`: the subscription has already been moved.
  if (subscription.ended) return removeWhenUnused(ports, subscription, nowMs);
  if (subscription.activeUntil === undefined) {
    // `activeUntil` (the sequence number of the last observation that concerns the subscription) is
    // set when the successor is activated. The save was interrupted before that.
    const successor = subscription.successor && (await ports.store.load(subscription.successor));
    if (successor) await activate(ports, successor);
    return nowMs + SOON_MS;
  }
  const { activeUntil: until } = subscription;
  const outbox = await ports.outbox(subscription.instanceId);
  if (outbox.some(({ sequence }) => sequence <= until)) return nowMs + SOON_MS;
  await ports.store.end({ ...subscription, deletedAt: new Date(nowMs).toISOString() });
  return nowMs + SOON_MS;
}

/**
 * Removes a superseded or gone subscription once every activity table that may hold its deliveries
 * has been dropped. If the row does not say when the subscription ended (`deletedAt`), stores the
 * current time.
 */
async function removeWhenUnused(
  ports: ReconcileSubscriptionPorts,
  subscription: Subscription,
  nowMs: number,
): Promise<number | undefined> {
  if (subscription.deletedAt === undefined) {
    await ports.store.writeTogether([{ ...subscription, deletedAt: new Date(nowMs).toISOString() }]);
    return nowMs + SOON_MS;
  }
  const untilMs = redirectsUntilMs(Date.parse(subscription.deletedAt), ports.retentionMonths);
  if (nowMs < untilMs) return untilMs;
  await ports.connections.forget(subscription);
  await ports.store.remove(subscription);
  return undefined;
}
