import type { Tables } from '../storage/tables.ts';
import { isOfFlow, namedFlow } from './flow-id.ts';
import { isShown } from './subscription-list.ts';
import { addressOfRow, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';
import type { Subscription } from './subscription.ts';

/** Maximum number of storage requests per search, for 1,000 rows each. */
const MAX_PAGES = 10;

export interface FoundSubscriptions {
  readonly subscriptions: readonly Subscription[];
  /** Whether there are rows that the search did not reach, or more matches than `limit`. */
  readonly more: boolean;
}

/**
 * Finds the subscriptions that pass the test `matches`, in the order of instance and trigger.
 * Storage cannot search text, so rows are read until more than `limit` match. Makes at most ten
 * storage requests, which read 10,000 subscriptions.
 */
export async function findSubscriptions(
  tables: Tables,
  matches: (subscription: Subscription) => boolean,
  limit: number,
): Promise<FoundSubscriptions> {
  const found: Subscription[] = [];
  let next: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await tables.query(SUBSCRIPTIONS_TABLE, {
      // All partitions.
      partition: { from: '', to: '~' },
      ...(next !== undefined && { next }),
    });
    for (const row of page.rows) {
      const address = addressOfRow(row);
      const subscription = address && subscriptionOfRow(row, address);
      if (subscription && isShown(subscription) && matches(subscription)) found.push(subscription);
    }
    next = page.next;
    if (next === undefined || found.length > limit) break;
  }
  return { subscriptions: found.slice(0, limit), more: next !== undefined || found.length > limit };
}

/**
 * Returns a test for `findSubscriptions`: whether an id, a name or the label of a subscription
 * contains the text, or the text names its flow (`namedFlow`). Case is ignored.
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
