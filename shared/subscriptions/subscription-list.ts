import type { RowKeys, Tables } from '../storage/tables.ts';
import { triggerOfCode, triggers, type Trigger } from '../triggers/trigger.ts';
import type { SubscriptionAddress } from './subscription-id.ts';
import { ENDED_PREFIX, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from './subscription-row.ts';
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
}

/**
 * All connections' subscriptions, living and ended, by instance and trigger. One storage request a page, which may be short or empty
 * although there is a next one. Rejects with `RangeError` for a malformed `next`.
 */
export async function listSubscriptions(
  tables: Tables,
  { instanceId, trigger, status }: SubscriptionFilter,
  { limit, next }: { limit: number; next?: string },
): Promise<{ subscriptions: Subscription[]; next?: string }> {
  const page = await tables.query(SUBSCRIPTIONS_TABLE, {
    partition: partitions(instanceId, trigger),
    ...(status && { where: { status } }),
    limit,
    ...(next !== undefined && { next }),
  });
  const subscriptions = page.rows.flatMap((row) => {
    const address = addressOfRow(row);
    if (address === undefined || (trigger && address.trigger !== trigger)) return [];
    const subscription = subscriptionOfRow(row, address);
    return isShown(subscription) ? [subscription] : [];
  });
  return { subscriptions, ...(page.next !== undefined && { next: page.next }) };
}

/** Whether anybody is to know of it: it is made, and nobody deleted it. */
export function isShown({ status, birth }: Subscription): boolean {
  return status !== 'deleted' && birth !== undefined;
}

function partitions(instanceId: string | undefined, trigger: Trigger | undefined): { from: string; to: string } {
  if (instanceId === undefined) return { from: '', to: '~' };
  const prefix = trigger ? `${instanceId}:${triggers[trigger].code}` : instanceId;
  return { from: `${prefix}:`, to: `${prefix};` };
}

/** Where the keys of a row lead, the reverse of `partitionOf`. `undefined`: a newer version's trigger. */
export function addressOfRow({ partitionKey, rowKey }: RowKeys): SubscriptionAddress | undefined {
  const [instanceId = '', code = '', subjectHash = ''] = partitionKey.split(':');
  const trigger = triggerOfCode(code);
  if (trigger === undefined) return undefined;
  const isEnded = rowKey.startsWith(ENDED_PREFIX);
  return { instanceId, trigger, subjectHash, rowKey: isEnded ? rowKey.slice(ENDED_PREFIX.length) : rowKey };
}
