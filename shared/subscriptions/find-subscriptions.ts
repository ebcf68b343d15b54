import type { Tables } from '../storage/tables.ts';
import { isOfFlow, namedFlow } from './flow-id.ts';
import { isShown } from './subscription-list.ts';
import { addressOfRow, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';
import type { Subscription } from './subscription.ts';

/** Storage requests of one search, a thousand rows each. */
const MAX_PAGES = 10;

export interface FoundSubscriptions {
  readonly subscriptions: readonly Subscription[];
  /** Whether there are rows that the search did not come to, or more hits than were asked for. */
  readonly more: boolean;
}

/**
 * The subscriptions that satisfy a test, in the order of instance and trigger: storage can search
 * no texts, so rows are read until there are `limit` hits. At most ten storage requests, for 10,000
 * subscriptions.
 */
export async function findSubscriptions(
  tables: Tables,
  isMeant: (subscription: Subscription) => boolean,
  limit: number,
): Promise<FoundSubscriptions> {
  const found: Subscription[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await tables.query(SUBSCRIPTIONS_TABLE, {
      partition: { from: '', to: '~' },
      ...(next !== undefined && { next }),
    });
    for (const row of page.rows) {
      const address = addressOfRow(row);
      const subscription = address && subscriptionOfRow(row, address);
      if (subscription && isShown(subscription) && isMeant(subscription)) found.push(subscription);
    }
    next = page.next;
    if (next === undefined || found.length > limit) break;
  }
  return { subscriptions: found.slice(0, limit), more: next !== undefined || found.length > limit };
}

/**
 * Whether a subscription has a text in any of what people know of it, or is of the flow that the
 * text names.
 */
export function mentions(text: string): (subscription: Subscription) => boolean {
  const flow = namedFlow(text);
  const wanted = text.trim().toLowerCase();
  return (subscription) => {
    if (flow && isOfFlow(subscription, flow)) return true;
    const { id, label, subject, subjectName, connection, workflowId, workflowName, environmentId, instanceId } =
      subscription;
    return [id, label, subject, subjectName, connection, workflowId, workflowName, environmentId, instanceId].some(
      (known) => known?.toLowerCase().includes(wanted),
    );
  };
}
