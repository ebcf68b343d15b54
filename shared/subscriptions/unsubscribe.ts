import type { Clock } from '../clock.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import type { Subscription } from './subscription.ts';

export interface UnsubscribePorts {
  readonly store: SubscriptionStore;
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  /** Asks for a deleted subscription to be cleared away once its flow can no longer be in the middle of a save. */
  readonly tidyLater: (subscription: Subscription) => Promise<void>;
}

/**
 * Ends a subscription of the caller. Already gone, unknown or another's: nothing is touched, and nobody can tell which.
 * Once this has resolved, no attempt to its callback URL begins.
 */
export async function unsubscribe(
  ports: UnsubscribePorts,
  connection: string,
  trigger: Trigger,
  id: string,
): Promise<void> {
  for (;;) {
    const subscription = await ports.store.load(id);
    if (subscription?.connection !== connection || subscription.trigger !== trigger) return;
    // A superseded one has handed over to its successor already, and is still needed as a pointer.
    if (subscription.status === 'superseded' && !subscription.ended) return;
    if (subscription.status !== 'deleted') {
      const result = await remove(ports, subscription);
      if (result === 'conflict') continue;
    }
    await ports.connections.forget(subscription);
    return;
  }
}

async function remove(ports: UnsubscribePorts, subscription: Subscription): Promise<'removed' | 'conflict'> {
  if (subscription.workflowKey === undefined || subscription.ended) {
    return (await ports.store.remove(subscription)).kind === 'written' ? 'removed' : 'conflict';
  }
  const deletedAt = new Date(ports.clock.now()).toISOString();
  const deleted: Subscription = { ...subscription, status: 'deleted', deletedAt, callback: undefined };
  if ((await ports.store.writeTogether([deleted])).kind === 'conflict') return 'conflict';
  await ports.tidyLater(deleted);
  return 'removed';
}
