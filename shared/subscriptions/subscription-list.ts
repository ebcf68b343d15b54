import type { Tables } from '../storage/tables.ts';
import { triggers, type Trigger } from '../triggers/trigger.ts';
import { addressOfRow, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';
import type { Subscription, SubscriptionStatus } from './subscription.ts';

/** What an operator may ask for: all but those that were deleted. */
export const shownStatuses = ['active', 'paused', 'disabled', 'gone', 'superseded'] as const satisfies [
  SubscriptionStatus,
  ...SubscriptionStatus[],
];

export interface SubscriptionFilter {
  /** In lower case. */
  readonly instanceId?: string | undefined;
  readonly trigger?: Trigger | undefined;
  readonly status?: (typeof shownStatuses)[number] | undefined;
  /** Whether only those that are called and fail now are meant. */
  readonly failing?: boolean | undefined;
  /** Part of the label, in whatever case. */
  readonly label?: string | undefined;
  readonly workflowId?: string | undefined;
}

/** A search by label reads on through pages without a hit, up to so many. */
const PAGES_SEARCHED = 10;

/**
 * All connections' subscriptions, living and ended, by instance and trigger. One storage request a page, which may be short or empty
 * although there is a next one; up to ten for a page by label, which storage cannot search. Rejects with `RangeError` for a malformed `next`.
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
    // A page ends where one of storage ends: the next must have room for as many as it may bring.
    if (end === undefined || found.length > 0) break;
  }
  return { subscriptions: found, ...(end !== undefined && { next: end }) };
}

async function readPage(
  tables: Tables,
  { instanceId, trigger, status, failing = false, label, workflowId }: SubscriptionFilter,
  { limit, next }: { limit: number; next: string | undefined },
): Promise<{ subscriptions: Subscription[]; next?: string }> {
  const where = {
    ...(failing && { status: 'active' }),
    ...(status && { status }),
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
    return isShown(subscription) && isLabelled(subscription, label) ? [subscription] : [];
  });
  return { subscriptions, ...(page.next !== undefined && { next: page.next }) };
}

function isLabelled(subscription: Subscription, label: string | undefined): boolean {
  return label === undefined || (subscription.label ?? '').toLowerCase().includes(label.toLowerCase());
}

/** Whether anybody is to know of it: it is made, and nobody deleted it. */
export function isShown({ status, activeFrom: birth }: Subscription): boolean {
  return status !== 'deleted' && birth !== undefined;
}

function partitions(instanceId: string | undefined, trigger: Trigger | undefined): { from: string; to: string } {
  if (instanceId === undefined) return { from: '', to: '~' };
  const prefix = trigger ? `${instanceId}:${triggers[trigger].code}` : instanceId;
  return { from: `${prefix}:`, to: `${prefix};` };
}
