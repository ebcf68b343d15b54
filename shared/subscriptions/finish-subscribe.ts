import type { WorkItem } from '../work/work-list.ts';
import type { RequestEntry } from './connection-store.ts';
import { finishSubscription, type StoreSubscriptionPorts } from './store-subscription.ts';
import { parseSubscriptionId } from './subscription-id.ts';

/**
 * Finishes a subscribe request that may have been abandoned. Completes the request when its
 * subscription is active or supersedes another one. Otherwise undoes it, so that it neither counts
 * towards the connection's limit nor causes polls. Returns `again` when the caller has to repeat
 * the call later.
 */
export async function finishSubscribe(
  ports: StoreSubscriptionPorts,
  { subscriptionId, connection, requestKey }: WorkItem & { readonly kind: 'subscribe' },
): Promise<'done' | 'again'> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return 'done';
  const subscription = await ports.store.load(subscriptionId);
  const find = async (of: string): Promise<RequestEntry | undefined> => {
    const entry = await ports.connections.findRequest(of, address.trigger, requestKey);
    return entry?.subscriptionId === subscriptionId ? entry : undefined;
  };
  const first = await find(connection);
  const isMoved = subscription !== undefined && subscription.connection !== connection;
  // The subscription has been moved to another connection since.
  const moved = first === undefined && isMoved ? await find(subscription.connection) : undefined;
  const entry = first ?? moved;
  const isNeeded =
    subscription !== undefined && (subscription.activeFrom !== undefined || subscription.predecessor !== undefined);
  // The request is complete, or the subscription has been deleted since.
  if (entry?.made ? subscription === undefined || isNeeded : isNeeded && entry === undefined) return 'done';
  if (isNeeded) {
    // A move to another connection failed after it had moved the subscription, but before it moved
    // the entry. An operator has to repeat the move.
    if (first && isMoved) return 'again';
    return (await finishSubscription(ports, subscription, subscription)).kind === 'stored' ? 'done' : 'again';
  }
  const release = async (from: RequestEntry | undefined, of: string): Promise<boolean> => {
    const owner = { connection: of, trigger: address.trigger, requestKey, id: subscriptionId };
    return from === undefined || from.made || (await ports.connections.release(from, owner));
  };
  // The row is removed after the moved entry, because only the row says where the entry was moved
  // to.
  if (isMoved && !(await release(moved, subscription.connection))) return 'again';
  // Remove a row that is not active even if the entry is complete. The worker that wrote such a row
  // was delayed until others had finished the request.
  if (subscription && (await ports.store.remove(subscription)).kind === 'conflict') return 'again';
  return (await release(first, connection)) ? 'done' : 'again';
}
