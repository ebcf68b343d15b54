import type { WorkItem } from '../work/work-list.ts';
import type { RequestEntry } from './connection-store.ts';
import { finishSubscription, type StoreSubscriptionPorts } from './store-subscription.ts';
import { parseSubscriptionId } from './subscription-id.ts';

/**
 * Sees to a subscribe that nobody may be at any more: it is completed when its subscription has come to life or has taken another's place,
 * and undone else, so that it neither counts nor is polled for. Answers whether there is more to do.
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
  const isGiven = subscription !== undefined && subscription.connection !== connection;
  // Moved to another connection meanwhile.
  const moved = first === undefined && isGiven ? await find(subscription.connection) : undefined;
  const entry = first ?? moved;
  const isOwed =
    subscription !== undefined && (subscription.activeFrom !== undefined || subscription.predecessor !== undefined);
  // Made, or deleted.
  if (entry?.made ? subscription === undefined || isOwed : isOwed && entry === undefined) return 'done';
  if (isOwed) {
    // A move broke off between the subscription and its entry: whoever began it goes on.
    if (first && isGiven) return 'again';
    return (await finishSubscription(ports, subscription, subscription)).kind === 'placed' ? 'done' : 'again';
  }
  const release = async (from: RequestEntry | undefined, of: string): Promise<boolean> => {
    const owner = { connection: of, trigger: address.trigger, requestKey, id: subscriptionId };
    return from === undefined || from.made || (await ports.connections.release(from, owner));
  };
  // Only the row knows where an entry was moved to: it goes last.
  if (isGiven && !(await release(moved, subscription.connection))) return 'again';
  // A row without a birth is nobody's, also beside an entry that is made: whoever wrote it was held up until others had finished.
  if (subscription && (await ports.store.remove(subscription)).kind === 'conflict') return 'again';
  return (await release(first, connection)) ? 'done' : 'again';
}
