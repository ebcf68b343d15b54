import { triggers, type Trigger } from '../triggers/trigger.ts';
import { readAllRows } from '../storage/all-rows.ts';
import { newEtag, type RowKeys, type StoredRow, type Tables, type Write } from '../storage/tables.ts';
import type { Subscription } from './subscription.ts';
import {
  workflowEntryOf,
  workflowRowKey,
  workflowWrites,
  type FlowClaim,
  type WorkflowEntry,
} from './workflow-entry.ts';

export const CONNECTIONS_TABLE = 'connections';

/** The entry of a subscribe request, stored under the request's hash (`requestKeyOf`). */
export interface RequestEntry {
  readonly subscriptionId: string;
  /**
   * Whether the request is complete. Until then it reserves the id of a subscription whose row may
   * not exist yet.
   */
  readonly isComplete: boolean;
  readonly etag: string;
}

/** The subscription that an entry belongs to. */
export type EntryOwner = Pick<Subscription, 'connection' | 'trigger' | 'requestKey' | 'id'>;

/**
 * Stores what belongs to a connection in one partition: an entry for each subscribe request, an
 * entry for each flow (`WorkflowEntry`), and the number of request entries. That number is compared
 * with the connection's maximum number of subscriptions.
 */
export interface ConnectionStore {
  findRequest(connection: string, trigger: Trigger, requestKey: string): Promise<RequestEntry | undefined>;
  findWorkflow(connection: string, trigger: Trigger, workflowKey: string): Promise<WorkflowEntry | undefined>;
  /**
   * Reserves a subscription id, before its row is written, in the request's entry and, with
   * `workflow`, in the flow's entry. `replaces` and `workflow.entry` are the entries as they were
   * read. Returns `conflict` when they have changed since, and `full` when the connection has `max`
   * request entries. Replacing an entry does not add one. `willSupersede`: the new subscription
   * will supersede another one, so the number may exceed `max` until the other's entry is removed.
   */
  claimRequest(
    claim: { connection: string; trigger: Trigger; requestKey: string; subscriptionId: string },
    terms: {
      replaces?: RequestEntry;
      workflow?: FlowClaim;
      willSupersede: boolean;
      max: number;
    },
  ): Promise<
    /** `count` is the new number of request entries. Absent when an entry was replaced. */
    | { readonly kind: 'claimed'; readonly etag: string; readonly count?: number }
    | { readonly kind: 'conflict' | 'full' }
  >;
  /**
   * Marks the request entry of a subscription as complete, clears the earlier subscriptions in its
   * flow entry, and removes the request entry of `replaced`. Returns false and writes nothing when
   * the request took so long that its entry no longer belongs to the subscription. Passing the
   * claimed entry's ETag as `entryEtag` saves a read.
   */
  complete(subscription: Subscription, replaced: Subscription | undefined, entryEtag?: string): Promise<boolean>;
  /**
   * Marks the request entry of a subscription as complete although a later save of the flow
   * overtook it before it was active. If the request is repeated, it finds this subscription, which
   * redirects to the later one.
   */
  completeOvertaken(subscription: Subscription): Promise<void>;
  /**
   * Removes the request entry of a deleted subscription, but not its flow entry. Safe to repeat.
   */
  forget(subscription: EntryOwner): Promise<void>;
  /** The number of request entries that count towards the limit of a connection. One read. */
  count(connection: string): Promise<number>;
  /** Removes a request entry. Returns false if the entry has changed since it was read. */
  removeRequest(entry: RequestEntry, owner: EntryOwner): Promise<boolean>;
  /** Lists the ids of a connection's subscriptions to one trigger, page by page. */
  list(
    connection: string,
    trigger: Trigger,
    options: { limit: number; next?: string },
  ): Promise<{ subscriptionIds: string[]; next?: string }>;
}

/** Row key of the number of request entries. */
export const COUNT_KEY = 'n';
/** Prefix of the row keys of request entries. */
export const REQUEST_PREFIX = 'k:';
const requestRowKey = (trigger: Trigger, key: string): string => `${REQUEST_PREFIX}${triggers[trigger].code}:${key}`;
export function connectionStore(tables: Tables): ConnectionStore {
  const get = (connection: string, rowKey: string): Promise<StoredRow | undefined> =>
    tables.get(CONNECTIONS_TABLE, connection, rowKey);
  const count = async (connection: string): Promise<{ count: number; etag: string | undefined }> => {
    const row = await get(connection, COUNT_KEY);
    return { count: Number(row?.values['count'] ?? 0), etag: row?.etag };
  };
  const countWrite = (connection: string, value: number, etag: string | undefined): Write => {
    const row = { partitionKey: connection, rowKey: COUNT_KEY, count: value };
    return etag === undefined ? { kind: 'insert', row } : { kind: 'replace', row, etag };
  };

  /**
   * Removes a request entry that still belongs to the subscription, and updates the count in the
   * same transaction.
   */
  const removeEntry = async (subscription: EntryOwner): Promise<void> => {
    const { connection, trigger, requestKey, id } = subscription;
    for (;;) {
      const entry = await get(connection, requestRowKey(trigger, requestKey));
      if (entry?.values['subscriptionId'] !== id) return;
      if ((await removeCounted(connection, entry)) === 'removed') return;
    }
  };

  /**
   * Removes an entry as it was read. `recount`: only the count has changed, so the caller tries
   * again.
   */
  const removeCounted = async (
    connection: string,
    entry: RowKeys & { etag: string },
  ): Promise<'removed' | 'changed' | 'recount'> => {
    const current = await count(connection);
    const result = await tables.write(CONNECTIONS_TABLE, [
      { kind: 'delete', row: entry, etag: entry.etag },
      countWrite(connection, Math.max(0, current.count - 1), current.etag),
    ]);
    if (result.kind === 'written') return 'removed';
    return result.index === 0 ? 'changed' : 'recount';
  };

  /** Corrects a count that is higher than the number of entries. Returns whether it was. */
  const correctOvercount = async (
    connection: string,
    current: { count: number; etag: string | undefined },
  ): Promise<boolean> => {
    const entries = await readAllRows(tables, CONNECTIONS_TABLE, {
      partition: connection,
      from: REQUEST_PREFIX,
      to: `${REQUEST_PREFIX}~`,
      select: ['made'],
    });
    if (entries.length >= current.count) return false;
    await tables.write(CONNECTIONS_TABLE, [countWrite(connection, entries.length, current.etag)]);
    return true;
  };

  return {
    async findRequest(connection, trigger, requestKey) {
      const row = await get(connection, requestRowKey(trigger, requestKey));
      return (
        row && {
          subscriptionId: String(row.values['subscriptionId']),
          // `made` is the stored name.
          isComplete: row.values['made'] === true,
          etag: row.etag,
        }
      );
    },

    async findWorkflow(connection, trigger, workflowKey) {
      const row = await get(connection, workflowRowKey(trigger, workflowKey));
      return row && workflowEntryOf(row);
    },

    async claimRequest(
      { connection, trigger, requestKey, subscriptionId },
      { replaces, workflow, willSupersede, max },
    ) {
      const row = { partitionKey: connection, rowKey: requestRowKey(trigger, requestKey), subscriptionId, made: false };
      const claim: Write = replaces ? { kind: 'replace', row, etag: replaces.etag } : { kind: 'insert', row };
      const flow = workflow ? workflowWrites(connection, trigger, subscriptionId, workflow) : [];
      for (;;) {
        const current = replaces ? undefined : await count(connection);
        if (current && current.count >= max && !willSupersede) {
          if (await correctOvercount(connection, current)) continue;
          return { kind: 'full' };
        }
        const counted = current ? [countWrite(connection, current.count + 1, current.etag)] : [];
        const result = await tables.write(CONNECTIONS_TABLE, [claim, ...flow, ...counted]);
        if (result.kind === 'written') {
          return { kind: 'claimed', etag: newEtag(result), ...(current && { count: current.count + 1 }) };
        }
        if (result.index <= flow.length) return { kind: 'conflict' };
        // Only the count has changed, because another request of the connection succeeded.
      }
    },

    async complete(subscription, replaced, entryEtag) {
      const { connection, trigger, requestKey, workflowKey, id } = subscription;
      const rowKey = requestRowKey(trigger, requestKey);
      const completed = { partitionKey: connection, rowKey, subscriptionId: id, made: true };
      for (let etag = entryEtag; ;) {
        const result = etag && (await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row: completed, etag }]));
        if (result && result.kind === 'written') break;
        const entry = await get(connection, rowKey);
        if (entry?.values['subscriptionId'] !== id) return false;
        // Another call has completed the entry, or this call has, and the response of storage was
        // lost.
        if (entry.values['made'] === true) break;
        etag = entry.etag;
      }
      if (workflowKey !== undefined) {
        const row = await get(connection, workflowRowKey(trigger, workflowKey));
        // If a later save has claimed the flow's entry meanwhile, that save needs the entry as it
        // is to supersede this one.
        if (row?.values['subscriptionId'] === id && row.values['previous'] !== '') {
          const cleared = { partitionKey: connection, rowKey: row.rowKey, subscriptionId: id, previous: '' };
          await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row: cleared, etag: row.etag }]);
        }
      }
      if (replaced && replaced.requestKey !== requestKey) await removeEntry(replaced);
      return true;
    },

    async completeOvertaken({ connection, trigger, requestKey, id }) {
      const entry = await get(connection, requestRowKey(trigger, requestKey));
      if (entry?.values['subscriptionId'] !== id) return;
      const row = { partitionKey: connection, rowKey: entry.rowKey, subscriptionId: id, made: true };
      await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row, etag: entry.etag }]);
    },

    count: async (connection) => (await count(connection)).count,

    forget: removeEntry,

    async removeRequest(entry, { connection, trigger, requestKey }) {
      const row = { partitionKey: connection, rowKey: requestRowKey(trigger, requestKey), etag: entry.etag };
      for (;;) {
        const result = await removeCounted(connection, row);
        if (result !== 'recount') return result === 'removed';
      }
    },

    async list(connection, trigger, { limit, next }) {
      const prefix = requestRowKey(trigger, '');
      const page = await tables.query(CONNECTIONS_TABLE, {
        partition: connection,
        from: prefix,
        to: `${prefix}~`,
        limit,
        ...(next !== undefined && { next }),
      });
      return {
        subscriptionIds: page.rows.map((row) => String(row.values['subscriptionId'])),
        ...(page.next !== undefined && { next: page.next }),
      };
    },
  };
}
