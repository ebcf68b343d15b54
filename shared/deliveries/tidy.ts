import type { Clock } from '../clock.ts';
import type { OpenEvent } from '../events/open-event.ts';
import { MAX_DELAY_MS, type Queues } from '../storage/queues.ts';
import { giveBirth, type BirthPorts } from '../subscriptions/birth.ts';
import type { ConnectionStore } from '../subscriptions/connection-store.ts';
import { DELETED_GRACE_MS, type Subscription } from '../subscriptions/subscription.ts';
import { RETRIES_QUEUE, type RetriesMessage } from './messages.ts';

export interface TidyPorts extends BirthPorts {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly connections: Pick<ConnectionStore, 'forget'>;
  /** The events of an instance that are still on their way. */
  readonly openEvents: (instanceId: string) => Promise<readonly OpenEvent[]>;
}

/** How long a pointer stays in the range at first, and how much longer while an older event is open. */
const POINTER_STAYS_MS = 15 * 60 * 1000;
/** Out of the range a pointer is kept until nothing can wait for it: retries take 28 hours, parking 7 days. */
const POINTER_KEPT_MS = MAX_DELAY_MS;
/** A grace of 15 minutes has ended for every clock by then. */
const MARGIN_MS = 60 * 1000;

/** Asks for a look at a subscription once it may be cleared away. */
export async function tidyLater(
  ports: Pick<TidyPorts, 'queues'>,
  subscription: Subscription,
  delayMs?: number,
): Promise<void> {
  const message: RetriesMessage = { v: 1, kind: 'tidy', subscriptionId: subscription.id };
  const firstDelayMs = (subscription.status === 'deleted' ? DELETED_GRACE_MS : POINTER_STAYS_MS) + MARGIN_MS;
  await ports.queues.send(RETRIES_QUEUE, message, { delayMs: delayMs ?? firstDelayMs });
}

/**
 * Clears away what a deleted or superseded subscription left in the range that every event looks through. A pointer leaves the range
 * when no event older than the change is open, and is forgotten a week later, when no delivery can need it.
 */
export async function tidySubscription(ports: TidyPorts, subscriptionId: string): Promise<void> {
  const subscription = await ports.store.load(subscriptionId);
  if (subscription?.status === 'deleted') {
    const graceEndsMs = Date.parse(subscription.deletedAt ?? '') + DELETED_GRACE_MS;
    if (ports.clock.now() < graceEndsMs) return tidyLater(ports, subscription);
    await ports.store.remove(subscription);
    return;
  }
  if (subscription?.status !== 'superseded') return;
  const nowMs = ports.clock.now();
  if (subscription.ended) {
    // It was deleted and superseded, and each asked for a look: one of them is early.
    const keptMs =
      subscription.deletedAt === undefined ? 0 : Date.parse(subscription.deletedAt) + POINTER_KEPT_MS - nowMs;
    if (keptMs > 0) return tidyLater(ports, subscription, keptMs + MARGIN_MS);
    await ports.connections.forget(subscription);
    await ports.store.remove(subscription);
    return;
  }
  if (subscription.until === undefined) {
    // A save that was never finished: nobody else may come to say where its predecessor ends.
    const successor = subscription.successor && (await ports.store.load(subscription.successor));
    if (successor) await giveBirth(ports, successor);
    return tidyLater(ports, subscription);
  }
  const { until } = subscription;
  const open = await ports.openEvents(subscription.instanceId);
  const isNeeded = open.some(({ sequence }) => sequence <= until);
  if (isNeeded) return tidyLater(ports, subscription);
  await ports.store.end({ ...subscription, deletedAt: new Date(nowMs).toISOString() });
  await tidyLater(ports, subscription, POINTER_KEPT_MS);
}
