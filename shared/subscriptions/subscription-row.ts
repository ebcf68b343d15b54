import { ANY_SUBJECT, triggerOfCode } from '../triggers/trigger.ts';
import type { Row, RowKeys, StoredRow, Value } from '../storage/tables.ts';
import { formatSubscriptionId, partitionOf, type SubscriptionAddress } from './subscription-id.ts';
import type { Subscription, SubscriptionStatus } from './subscription.ts';
import { thresholdOfKey } from './threshold-key.ts';

export const SUBSCRIPTIONS_TABLE = 'subscriptions';

/** Row keys of living subscriptions begin with a hex digit; those of ended ones with this letter, behind every range. */
export const ENDED_PREFIX = 'z';
/** The end (exclusive) of the range of living subscriptions. */
export const RANGE_END = 'g';

/** Version of the stored form. A reader takes any version up to its own. */
const VERSION = 1;

/** What the encrypted callback URL is bound to: moved to another row, it does not decrypt. */
export function sealContext(address: SubscriptionAddress): string {
  return `${partitionOf(address)}|${address.rowKey}`;
}

export function subscriptionRow(subscription: Subscription): Row {
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
    activeFrom,
    activeUntil,
    ...fields
  } = subscription;
  return {
    partitionKey: partitionOf(address),
    rowKey: ended ? ENDED_PREFIX + address.rowKey : address.rowKey,
    v: VERSION,
    ...fields,
    birth: activeFrom,
    until: activeUntil,
    ...(offMs > 0 && { offMs }),
    warnings: warnings.length > 0 ? warnings.join('\n') : undefined,
  };
}

/** Where the keys of a row lead, the reverse of `partitionOf`. `undefined`: a newer version's trigger. */
export function addressOfRow({ partitionKey, rowKey }: RowKeys): SubscriptionAddress | undefined {
  const [instanceId = '', code = '', subjectHash = ''] = partitionKey.split(':');
  const trigger = triggerOfCode(code);
  if (trigger === undefined) return undefined;
  const isEnded = rowKey.startsWith(ENDED_PREFIX);
  return { instanceId, trigger, subjectHash, rowKey: isEnded ? rowKey.slice(ENDED_PREFIX.length) : rowKey };
}

/** Rejects a row that this version cannot read by throwing: it is a bug or a newer version's, never to be guessed at. */
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
    threshold: hasThreshold(address) ? thresholdOfKey(address.rowKey.slice(0, 16)) : undefined,
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
    ended: row.rowKey.startsWith(ENDED_PREFIX),
    etag: row.etag,
  };
}

function hasThreshold(address: SubscriptionAddress): boolean {
  return address.trigger === 'segment-threshold-crossed' || address.trigger === 'measure-threshold-crossed';
}

function asText(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
