import type { Clock } from '../clock.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { WorkList } from '../work/work-list.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { graceEndsMs, isEndedByOperator, type Subscription } from './subscription.ts';

export interface UnsubscribePorts {
  readonly store: SubscriptionStore;
  readonly connections: ConnectionStore;
  readonly clock: Clock;
  readonly work: Pick<WorkList, 'add'>;
}

/**
 * Ends a subscription of the caller. Already gone, unknown or another's: nothing is touched, and nobody can tell which.
 * Once this has resolved, only workers that looked before may still begin an attempt to its callback URL, for as long as their claim. Rejects when storage gives no answer: the same call may then be
 * made again, and what it must find is removed last.
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
    // It has handed over to its successor already, and is needed as a pointer as long as a delivery may wait: in the range or out of it.
    if (subscription.status === 'superseded' && subscription.successor !== undefined) return;
    // Its history is kept for the operator who ended it.
    if (isEndedByOperator(subscription)) return;
    const result = subscription.ended ? await remove(ports, subscription) : await markDeleted(ports, subscription);
    if (result === 'done') return;
  }
}

/** Leaves nothing behind. */
async function remove(ports: UnsubscribePorts, subscription: Subscription): Promise<'done' | 'conflict'> {
  await ports.connections.forget(subscription);
  return (await ports.store.remove(subscription)).kind === 'written' ? 'done' : 'conflict';
}

/** Keeps it for a while: its flow may only be in the middle of a save. From the mark on nobody calls it, whatever becomes of this call. */
export async function markDeleted(ports: UnsubscribePorts, subscription: Subscription): Promise<'done' | 'conflict'> {
  if (subscription.status !== 'deleted') {
    const deletedAt = new Date(ports.clock.now()).toISOString();
    const deleted: Subscription = { ...subscription, status: 'deleted', deletedAt, callback: undefined };
    await ports.work.add({ kind: 'subscription', subscriptionId: subscription.id }, graceEndsMs(deleted));
    if ((await ports.store.writeTogether([deleted])).kind === 'conflict') return 'conflict';
  }
  await ports.connections.forget(subscription);
  return 'done';
}
