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
 * Deletes one of the caller's subscriptions. Resolves without an effect when the subscription is
 * unknown, belongs to another connection, redirects to a successor, or was ended by an operator.
 * Afterwards, only a worker that read the subscription earlier may still call its flow, until that
 * worker's claim ends. Rejects when storage does not respond. The caller can then repeat the call,
 * because the row that it needs is removed last.
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
    // A superseded subscription stays, because its waiting deliveries are redirected to its
    // successor.
    if (subscription.status === 'superseded' && subscription.successor !== undefined) return;
    // The history of the subscription is kept for the operator who ended it.
    if (isEndedByOperator(subscription)) return;
    const result = subscription.ended ? await remove(ports, subscription) : await markDeleted(ports, subscription);
    if (result === 'done') return;
  }
}

/** Removes the request entry (`ConnectionStore`), then the row. A repeated call needs the row. */
async function remove(ports: UnsubscribePorts, subscription: Subscription): Promise<'done' | 'conflict'> {
  await ports.connections.forget(subscription);
  return (await ports.store.remove(subscription)).kind === 'written' ? 'done' : 'conflict';
}

/**
 * Marks a subscription as deleted, which begins its grace period. Once the mark is stored, its flow
 * is not called any more, even if this call then fails.
 */
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
