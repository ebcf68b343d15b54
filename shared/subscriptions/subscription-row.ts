import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { hasThreshold, triggerOfCode } from '../triggers/trigger.ts';
import type { Row, RowKeys, StoredRow, Value } from '../storage/tables.ts';
import { formatSubscriptionId, partitionOf, type SubscriptionAddress } from './subscription-id.ts';
import type { StatusNotice } from './status-notice.ts';
import type { NewSubscription, Subscription, SubscriptionStatus } from './subscription.ts';
import { thresholdOfKey } from './threshold-key.ts';

export const SUBSCRIPTIONS_TABLE = 'subscriptions';

/**
 * Prefix of the row keys of ended subscriptions. Other row keys begin with a hex digit, so ended
 * subscriptions sort after every range that is read.
 */
export const ENDED_PREFIX = 'z';
/**
 * The exclusive end of the range of subscriptions that have not ended: the first character that
 * sorts after every hex digit.
 */
export const RANGE_END = 'g';

/** Version of the row format. */
const VERSION = 1;

/**
 * The additional authenticated data of a callback URL's encryption. A callback URL that is copied
 * to another row can therefore not be decrypted.
 */
export function sealContext(address: SubscriptionAddress): string {
  return `${partitionOf(address)}|${address.rowKey}`;
}

/** The row of a subscription. The inverse of `subscriptionOfRow`. */
export function subscriptionRow(subscription: NewSubscription & { readonly etag?: string }): Row {
  const {
    id,
    address,
    etag,
    trigger,
    instanceId,
    threshold,
    ended,
    offMs,
    warnings,
    notices = [],
    activeFrom,
    activeUntil,
    ...fields
  } = subscription;
  return {
    partitionKey: partitionOf(address),
    rowKey: ended ? ENDED_PREFIX + address.rowKey : address.rowKey,
    v: VERSION,
    ...fields,
    // The stored names of these two columns are older than the field names.
    birth: activeFrom,
    until: activeUntil,
    ...(offMs > 0 && { offMs }),
    warnings: warnings.length > 0 ? warnings.join('\n') : undefined,
    ...(notices.length > 0 && { notices: JSON.stringify(notices) }),
  };
}

/** The address of a row. `undefined` if only a newer version of the app supports its trigger. */
export function addressOfRow({ partitionKey, rowKey }: RowKeys): SubscriptionAddress | undefined {
  const [instanceId = '', code = '', subjectHash = ''] = partitionKey.split(':');
  const trigger = triggerOfCode(code);
  if (trigger === undefined) return undefined;
  const isEnded = rowKey.startsWith(ENDED_PREFIX);
  return { instanceId, trigger, subjectHash, rowKey: isEnded ? rowKey.slice(ENDED_PREFIX.length) : rowKey };
}

/**
 * Converts a row. Throws on another format version: either a newer version of the app wrote the
 * row, or there is a bug.
 */
export function subscriptionOfRow(row: StoredRow, address: SubscriptionAddress): Subscription {
  const { values } = row;
  if (values['v'] !== VERSION) throw new Error(`subscription row ${row.partitionKey} ${row.rowKey}: unknown version`);
  const text = (name: string): string | undefined => asText(values[name]);
  const number = (name: string): number | undefined => (typeof values[name] === 'number' ? values[name] : undefined);
  const subject = text('subject') ?? ANY_SUBJECT;
  return {
    id: formatSubscriptionId(address),
    address,
    connection: text('connection') ?? '',
    trigger: address.trigger,
    instanceId: address.instanceId,
    subject,
    subjectName: text('subjectName'),
    threshold: hasThreshold(address.trigger) ? thresholdOfKey(address.rowKey.slice(0, 16)) : undefined,
    label: text('label'),
    warnings: text('warnings')?.split('\n') ?? [],
    status: text('status') as SubscriptionStatus,
    reason: text('reason') === 'operator' ? 'operator' : undefined,
    activeFrom: number('birth'),
    activeUntil: number('until'),
    successor: text('successor'),
    predecessor: text('predecessor'),
    requestKey: text('requestKey') ?? '',
    workflowKey: text('workflowKey'),
    workflowId: text('workflowId'),
    workflowName: text('workflowName'),
    environmentId: text('environmentId'),
    callback: text('callback'),
    createdAt: text('createdAt') ?? '',
    failingSince: text('failingSince'),
    deadDeliveries: number('deadDeliveries') ?? 0,
    pausedSince: text('pausedSince'),
    nextProbeAt: text('nextProbeAt'),
    offCheckedAt: text('offCheckedAt'),
    offMs: number('offMs') ?? 0,
    resumedAt: text('resumedAt'),
    deletedAt: text('deletedAt'),
    ...(text('notices') !== undefined && { notices: JSON.parse(text('notices') ?? '[]') as StatusNotice[] }),
    ended: row.rowKey.startsWith(ENDED_PREFIX),
    etag: row.etag,
  };
}

function asText(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
