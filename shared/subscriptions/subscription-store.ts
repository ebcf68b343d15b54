import { subjectPartition } from '../triggers/subject.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { StoredRow, Tables, Write } from '../storage/tables.ts';
import { parseSubscriptionId, partitionOf, type SubscriptionAddress } from './subscription-id.ts';
import type { NewSubscription, Subscription } from './subscription.ts';
import {
  ENDED_PREFIX,
  RANGE_END,
  SUBSCRIPTIONS_TABLE,
  subscriptionOfRow,
  subscriptionRow,
} from './subscription-row.ts';

/** The subscriptions to one subject. */
export interface SubjectPartition {
  readonly instanceId: string;
  readonly trigger: Trigger;
  readonly subjectHash: string;
}

/** The result of a write. */
export type StoreResult = { readonly kind: 'written' } | { readonly kind: 'conflict' };

/**
 * Stores subscriptions. `conflict` means that another writer has changed the row: read the row
 * again and decide again.
 */
export interface SubscriptionStore {
  /**
   * Loads a subscription by id, even if it has ended. Makes one storage request, or two for an
   * ended one.
   */
  load(id: string): Promise<Subscription | undefined>;
  /**
   * A page of a subject's subscriptions that have not ended, in the order of their row keys. `from`
   * is inclusive, `to` is exclusive. Makes one storage request.
   */
  page(
    subject: SubjectPartition,
    range: { from?: string; to?: string; limit?: number; next?: string },
  ): Promise<{ subscriptions: Subscription[]; next?: string }>;
  /** Like `page`, but returns only the row keys, 1,000 per storage request. */
  rowKeys(
    subject: SubjectPartition,
    range: { from: string; to: string; next?: string },
  ): Promise<{ rowKeys: string[]; next?: string }>;
  insert(subscription: NewSubscription): Promise<StoreResult>;
  /** Replaces subscriptions in one transaction. */
  writeTogether(subscriptions: readonly [Subscription, ...Subscription[]]): Promise<StoreResult>;
  /**
   * Ends a subscription: moves its row out of the range that is read for an event's recipients, and
   * removes the callback URL.
   */
  end(subscription: Subscription): Promise<StoreResult>;
  /** Deletes the row. */
  remove(subscription: Subscription): Promise<StoreResult>;
}

export function subscriptionStore(tables: Tables): SubscriptionStore {
  const write = async (writes: readonly [Write, ...Write[]]): Promise<StoreResult> => {
    const result = await tables.write(SUBSCRIPTIONS_TABLE, writes);
    return { kind: result.kind };
  };
  return {
    async load(id) {
      const address = parseSubscriptionId(id);
      if (address === undefined) return undefined;
      const partition = partitionOf(address);
      const row =
        (await tables.get(SUBSCRIPTIONS_TABLE, partition, address.rowKey)) ??
        (await tables.get(SUBSCRIPTIONS_TABLE, partition, ENDED_PREFIX + address.rowKey));
      return row && subscriptionOfRow(row, address);
    },
    async page(subject, { from = '', to = RANGE_END, limit = 1000, next }) {
      const found = await tables.query(SUBSCRIPTIONS_TABLE, {
        partition: subjectPartition(subject.instanceId, subject.trigger, subject.subjectHash),
        ...(from !== '' && { from }),
        to,
        limit,
        ...(next !== undefined && { next }),
      });
      const subscriptions = found.rows.map((row) => subscriptionOfRow(row, addressOf(subject, row)));
      return { subscriptions, ...(found.next !== undefined && { next: found.next }) };
    },
    async rowKeys(subject, { from, to, next }) {
      const found = await tables.query(SUBSCRIPTIONS_TABLE, {
        partition: subjectPartition(subject.instanceId, subject.trigger, subject.subjectHash),
        ...(from !== '' && { from }),
        to,
        // Storage always returns the keys, so `select` names the shortest column.
        select: ['v'],
        ...(next !== undefined && { next }),
      });
      return { rowKeys: found.rows.map((row) => row.rowKey), ...(found.next !== undefined && { next: found.next }) };
    },
    insert: (subscription) => write([{ kind: 'insert', row: subscriptionRow(subscription) }]),
    writeTogether: (subscriptions) => {
      const [first, ...rest] = subscriptions.map(writeOf) as [Write, ...Write[]];
      return write([first, ...rest]);
    },
    end: (subscription) =>
      write([
        { kind: 'delete', row: subscriptionRow({ ...subscription, ended: false }), etag: subscription.etag },
        { kind: 'upsert', row: subscriptionRow({ ...subscription, ended: true, callback: undefined }) },
      ]),
    remove: (subscription) => write([{ kind: 'delete', row: subscriptionRow(subscription), etag: subscription.etag }]),
  };
}

function writeOf(subscription: Subscription): Write {
  return { kind: 'replace', row: subscriptionRow(subscription), etag: subscription.etag };
}

function addressOf(subject: SubjectPartition, row: StoredRow): SubscriptionAddress {
  return { ...subject, rowKey: row.rowKey };
}
