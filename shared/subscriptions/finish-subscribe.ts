import type { WorkItem } from '../work/work-list.ts';
import type { RequestEntry } from './connection-store.ts';
import { finishSubscription, type StoreSubscriptionPorts } from './store-subscription.ts';
import { parseSubscriptionId } from './subscription-id.ts';

/**
 * Finishes a subscribe request that may have been interrupted. The reconciler calls this for each
 * item of kind `subscribe` on the work list. Completes the request when its subscription is active
 * or supersedes another one. Otherwise undoes it, so that it neither counts towards the
 * connection's limit nor causes polls. Returns `again` when the caller has to repeat the call
 * later.
 */
export async function finishSubscribe(
  ports: StoreSubscriptionPorts,
  { subscriptionId, connection, requestKey }: WorkItem & { readonly kind: 'subscribe' },
): Promise<'done' | 'again'> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return 'done';
  const subscription = await ports.store.load(subscriptionId);
  const findEntry = async (owner: string): Promise<RequestEntry | undefined> => {
    const entry = await ports.connections.findRequest(owner, address.trigger, requestKey);
    return entry?.subscriptionId === subscriptionId ? entry : undefined;
  };
  const originalEntry = await findEntry(connection);
  // An operator has moved the subscription to another connection since (`moveConnection`).
  const isMoved = subscription !== undefined && subscription.connection !== connection;
  const movedEntry = originalEntry === undefined && isMoved ? await findEntry(subscription.connection) : undefined;
  const entry = originalEntry ?? movedEntry;
  const isNeeded =
    subscription !== undefined && (subscription.activeFrom !== undefined || subscription.predecessor !== undefined);
  // The request is complete, or the subscription has been deleted since.
  if (entry?.isComplete ? subscription === undefined || isNeeded : isNeeded && entry === undefined) return 'done';
  if (isNeeded) {
    // A move to another connection failed after it had moved the subscription, but before it moved
    // the entry. An operator has to repeat the move.
    if (originalEntry && isMoved) return 'again';
    return (await finishSubscription(ports, subscription, subscription)).kind === 'stored' ? 'done' : 'again';
  }
  const removeEntry = async (unfinished: RequestEntry | undefined, owner: string): Promise<boolean> => {
    if (unfinished === undefined || unfinished.isComplete) return true;
    const ids = { connection: owner, trigger: address.trigger, requestKey, id: subscriptionId };
    return ports.connections.removeRequest(unfinished, ids);
  };
  // The row is removed after the moved entry, because only the row says where the entry was moved
  // to.
  if (isMoved && !(await removeEntry(movedEntry, subscription.connection))) return 'again';
  // A row that is not active is removed even if the entry is complete: the worker that wrote the
  // row was delayed until others had finished the request.
  if (subscription && (await ports.store.remove(subscription)).kind === 'conflict') return 'again';
  return (await removeEntry(originalEntry, connection)) ? 'done' : 'again';
}
