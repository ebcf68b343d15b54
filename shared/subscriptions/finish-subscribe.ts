import type { WorkItem } from '../work/work-list.ts';
import { settle, type PlacePorts } from './place-subscription.ts';
import { parseSubscriptionId } from './subscription-id.ts';

/**
 * Sees to a subscribe that nobody may be at any more: it is completed when its subscription has come to life or has taken another's place,
 * and undone else, so that it neither counts nor is polled for. Answers whether there is more to do.
 */
export async function finishSubscribe(
  ports: PlacePorts,
  { subscriptionId, connection, requestKey }: WorkItem & { readonly kind: 'subscribe' },
): Promise<'done' | 'again'> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return 'done';
  const owner = { connection, trigger: address.trigger, requestKey, id: subscriptionId };
  const entry = await ports.connections.findRequest(connection, address.trigger, requestKey);
  const isOwn = entry?.subscriptionId === subscriptionId;
  const subscription = await ports.store.load(subscriptionId);
  const isOwed =
    subscription !== undefined && (subscription.birth !== undefined || subscription.predecessor !== undefined);
  const isMade = isOwn && entry.made;
  // Made, or moved to another connection meanwhile, or deleted.
  if (isMade ? subscription === undefined || isOwed : isOwed && !isOwn) return 'done';
  if (isOwed) return (await settle(ports, subscription, subscription)).kind === 'placed' ? 'done' : 'again';
  // A row without a birth is nobody's, also beside an entry that is made: whoever wrote it was held up until others had finished.
  if (subscription && (await ports.store.remove(subscription)).kind === 'conflict') return 'again';
  if (isOwn && !entry.made && !(await ports.connections.release(entry, owner))) return 'again';
  return 'done';
}
