import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Log } from '../../log.ts';
import { activate, type ActivatePorts } from '../../subscriptions/activate.ts';
import type { ConnectionStore } from '../../subscriptions/connection-store.ts';
import { parseSubscriptionId } from '../../subscriptions/subscription-id.ts';
import { graceEndsMs, type Subscription } from '../../subscriptions/subscription.ts';
import { unreachable } from '../../unreachable.ts';
import { releaseDeliveries, makeProbe, oldestParked, type BringForwardPorts } from '../retry/release-deliveries.ts';
import { redirectsUntilMs } from '../lifetimes.ts';
import { nextProbeMs, takeProbe } from '../attempt/target.ts';

export interface ReconcileSubscriptionPorts extends ActivatePorts, BringForwardPorts {
  readonly connections: ConnectionStore;
  /** The events of an instance that are still on their way. */
  readonly outbox: (instanceId: string) => Promise<readonly OutboxEntry[]>;
  readonly log: Log;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  readonly retentionMonths: number;
}

/** When the rest of what waits goes out, and when something is looked at again that another's work holds up. */
const SOON_MS = 60_000;

/**
 * Takes a subscription one step further that is in transition, whatever state it was left in: lets out what waits, asks a paused flow
 * whether it is on again, clears away what has ended. Answers when to look again; `undefined`: not before something changes. Repeating it
 * does no harm. Never POSTs.
 */
export async function reconcileSubscription(
  ports: ReconcileSubscriptionPorts,
  subscriptionId: string,
): Promise<number | undefined> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return undefined;
  const waited = { instanceId: address.instanceId, id: subscriptionId };
  const nowMs = ports.clock.now();
  const subscription = await ports.store.load(subscriptionId);
  const all = async (): Promise<number | undefined> =>
    (await releaseDeliveries(ports, waited, { kind: 'all' })) === 'more' ? nowMs + SOON_MS : undefined;
  // What is owed to an instance that the operator has taken out ends.
  if (subscription === undefined || !ports.isAllowed(subscription.instanceId)) return all();
  switch (subscription.status) {
    case 'active': {
      const resumedAtMs = Date.parse(subscription.resumedAt ?? '');
      const done = await releaseDeliveries(ports, waited, { kind: 'released', resumedAtMs });
      return done === 'more' ? nowMs + SOON_MS : undefined;
    }
    case 'paused':
      return probe(ports, subscription, waited, nowMs);
    case 'disabled':
      return undefined;
    case 'deleted':
      if (nowMs < graceEndsMs(subscription)) return graceEndsMs(subscription);
      await ports.connections.forget(subscription);
      await ports.store.remove(subscription);
      return all();
    case 'gone':
      await ports.connections.forget(subscription);
      return (await all()) ?? cleared(ports, subscription, nowMs);
    case 'superseded':
      return (await all()) ?? redirect(ports, subscription, nowMs);
    default:
      return unreachable(subscription.status);
  }
}

/** One probe at a time, with the oldest delivery that is parked; when none is, the next event is the probe. */
async function probe(
  ports: ReconcileSubscriptionPorts,
  subscription: Subscription,
  waited: { readonly instanceId: string; readonly id: string },
  nowMs: number,
): Promise<number | undefined> {
  if (nowMs < nextProbeMs(subscription)) return nextProbeMs(subscription);
  const parked = await oldestParked(ports, waited);
  if (parked === undefined) return undefined;
  if (!(await takeProbe(ports, subscription))) return nowMs + SOON_MS;
  await makeProbe(ports, parked);
  const current = await ports.store.load(subscription.id);
  return current?.status === 'paused' ? nextProbeMs(current) : nowMs + SOON_MS;
}

/**
 * A superseded subscription leaves the range that every event looks through when no event older than the change is open. It redirects until
 * no delivery can be stored any more that belongs to it.
 */
async function redirect(
  ports: ReconcileSubscriptionPorts,
  subscription: Subscription,
  nowMs: number,
): Promise<number | undefined> {
  if (subscription.ended) return cleared(ports, subscription, nowMs);
  if (subscription.activeUntil === undefined) {
    // A save that was never finished: nobody else may come to say where its predecessor ends.
    const successor = subscription.successor && (await ports.store.load(subscription.successor));
    if (successor) await activate(ports, successor);
    return nowMs + SOON_MS;
  }
  const { activeUntil: until } = subscription;
  const open = await ports.outbox(subscription.instanceId);
  if (open.some(({ sequence }) => sequence <= until)) return nowMs + SOON_MS;
  await ports.store.end({ ...subscription, deletedAt: new Date(nowMs).toISOString() });
  return nowMs + SOON_MS;
}

/** One that has ended is kept for as long as a delivery of it may be. Without a date of its end, that is now. */
async function cleared(
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
