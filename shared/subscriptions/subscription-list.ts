import type { Tables } from '../storage/tables.ts';
import { triggers, type Trigger } from '../triggers/trigger.ts';
import { addressOfRow, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';
import { isByOperator, type Subscription, type SubscriptionStatus } from './subscription.ts';

/** The statuses that operators can filter by: all but `deleted`. */
export const shownStatuses = ['active', 'paused', 'disabled', 'gone', 'superseded'] as const satisfies [
  SubscriptionStatus,
  ...SubscriptionStatus[],
];

export interface SubscriptionFilter {
  /** In lower case. */
  readonly instanceId?: string | undefined;
  readonly trigger?: Trigger | undefined;
  readonly status?: (typeof shownStatuses)[number] | undefined;
  /** Whether an operator disabled or ended it. A flow can do the same by its responses. */
  readonly byOperator?: boolean | undefined;
  /** Only active subscriptions with a failed delivery since their last success. */
  readonly failing?: boolean | undefined;
  /** Part of the name that the maker gave the subscription. Case does not matter. */
  readonly label?: string | undefined;
  /** The flow's id in Azure Logic Apps, which runs it (header `x-ms-workflow-id`). */
  readonly workflowId?: string | undefined;
}

/** Maximum number of storage pages that a search by label reads to find its first match. */
const PAGES_SEARCHED = 10;

/**
 * Lists the subscriptions of all connections, including ended ones, by instance and trigger. A page
 * costs one storage request, and may be short or empty even when a next page exists. Storage cannot
 * search labels, so a page of a search by label costs up to ten requests. Rejects with `RangeError`
 * for a malformed `next`.
 */
export async function listSubscriptions(
  tables: Tables,
  filter: SubscriptionFilter,
  { limit, next }: { limit: number; next?: string },
): Promise<{ subscriptions: Subscription[]; next?: string }> {
  const found: Subscription[] = [];
  let end = next;
  for (let pages = 0; pages < (filter.label === undefined ? 1 : PAGES_SEARCHED); pages++) {
    const page = await readPage(tables, filter, { limit, next: end });
    found.push(...page.subscriptions);
    end = page.next;
    // Stop at the first match and do not fill the page: another storage page could exceed `limit`,
    // and `next` cannot point into the middle of a storage page.
    if (end === undefined || found.length > 0) break;
  }
  return { subscriptions: found, ...(end !== undefined && { next: end }) };
}

/** Reads one page of storage and keeps what matches the filter. */
export async function readPage(
  tables: Tables,
  { instanceId, trigger, status, byOperator, failing = false, label, workflowId }: SubscriptionFilter,
  { limit, next }: { limit: number; next: string | undefined },
): Promise<{ subscriptions: Subscription[]; next?: string }> {
  // `where` compares a column with a value. `present` selects the rows that have a column.
  const where = {
    ...(failing && { status: 'active' }),
    ...(status && { status }),
    ...(byOperator === true && { reason: 'operator' }),
    ...(workflowId !== undefined && { workflowId }),
  };
  const page = await tables.query(SUBSCRIPTIONS_TABLE, {
    partition: partitions(instanceId, trigger),
    ...(Object.keys(where).length > 0 && { where }),
    ...(failing && { present: ['failingSince'] }),
    limit,
    ...(next !== undefined && { next }),
  });
  const subscriptions = page.rows.flatMap((row) => {
    const address = addressOfRow(row);
    if (address === undefined || (trigger && address.trigger !== trigger)) return [];
    const subscription = subscriptionOfRow(row, address);
    const isAsked = byOperator === undefined || isByOperator(subscription) === byOperator;
    return isShown(subscription) && isAsked && isLabelled(subscription, label) ? [subscription] : [];
  });
  return { subscriptions, ...(page.next !== undefined && { next: page.next }) };
}

function isLabelled(subscription: Subscription, label: string | undefined): boolean {
  return label === undefined || (subscription.label ?? '').toLowerCase().includes(label.toLowerCase());
}

/**
 * Whether a subscription is shown: it has been activated, and has not been deleted. A new row gets
 * its first sequence number (`activeFrom`) when it is activated.
 */
export function isShown({ status, activeFrom }: Subscription): boolean {
  return status !== 'deleted' && activeFrom !== undefined;
}

/**
 * The range of partitions, whose keys are `<instance>:<code of the trigger>:<hash of the subject>`.
 * In ASCII, `;` is the character after `:`, and `~` sorts after all letters and digits.
 */
function partitions(instanceId: string | undefined, trigger: Trigger | undefined): { from: string; to: string } {
  if (instanceId === undefined) return { from: '', to: '~' };
  const prefix = trigger ? `${instanceId}:${triggers[trigger].code}` : instanceId;
  return { from: `${prefix}:`, to: `${prefix};` };
}
