import { triggers, type Trigger } from '../triggers/trigger.ts';
import { readAllRows } from '../storage/all-rows.ts';
import type { RowKeys, StoredRow, Tables, Write } from '../storage/tables.ts';
import type { Subscription } from './subscription.ts';

export const CONNECTIONS_TABLE = 'connections';

/** What a connection asked for, by the hash of the request. */
export interface RequestEntry {
  readonly subscriptionId: string;
  /** False from the first write of a subscribe to its last: then the id is taken although there may be no row yet. */
  readonly made: boolean;
  readonly etag: string;
}

/** The latest subscription of one flow on one trigger, from the moment it is claimed. */
export interface WorkflowEntry {
  readonly subscriptionId: string;
  /** The ones before it, oldest first, until it has taken their place. */
  readonly previous: readonly string[];
  readonly etag: string;
}

/** Whose entry it is. */
export type EntryOwner = Pick<Subscription, 'connection' | 'trigger' | 'requestKey' | 'id'>;
/** How a save claims its flow: the key, and the entries as they were read. */
export interface FlowClaim {
  readonly key: string;
  readonly entry: WorkflowEntry | undefined;
  /** The entry of the same flow under its key without environment. The save takes its subscriptions' place too. */
  readonly adopted?: { readonly key: string; readonly entry: WorkflowEntry };
}

/** One partition per connection: its subscriptions by request, the latest of each flow, and how many there are. */
export interface ConnectionStore {
  findRequest(connection: string, trigger: Trigger, requestKey: string): Promise<RequestEntry | undefined>;
  findWorkflow(connection: string, trigger: Trigger, workflowKey: string): Promise<WorkflowEntry | undefined>;
  /**
   * Takes the request, and with `workflow` the flow, for a subscription id, before its row is written. `replaces` and
   * `workflow.entry` are what was read before. `full`: the connection has `max` entries already. A
   * replacement needs no further place, and one that will take another's (`succeeds`) is let in above the limit for as long as that takes.
   */
  claimRequest(
    claim: { connection: string; trigger: Trigger; requestKey: string; subscriptionId: string },
    terms: {
      replaces?: RequestEntry;
      workflow?: FlowClaim;
      succeeds: boolean;
      max: number;
    },
  ): Promise<{ readonly kind: 'claimed'; readonly etag: string } | { readonly kind: 'conflict' | 'full' }>;
  /**
   * The subscription is made: its entry says so, its flow points to it, and the entry of the one it replaced is gone. False: the entry is no
   * longer its own, for it took too long, and nothing was written. `entryEtag`: of the entry as it was claimed, which saves reading it.
   */
  settle(subscription: Subscription, replaced: Subscription | undefined, entryEtag?: string): Promise<boolean>;
  /** The subscription never came to life: its entry stays, to answer the same request with it. */
  overtake(subscription: Subscription): Promise<void>;
  /** The subscription is deleted: its entry is gone. Its flow still points to it. Safe to repeat. */
  forget(subscription: EntryOwner): Promise<void>;
  /** Removes an entry that was read, and that nobody has touched since. False: somebody has. */
  release(entry: RequestEntry, owner: EntryOwner): Promise<boolean>;
  /** A page of the ids of a connection's subscriptions for one trigger. */
  list(
    connection: string,
    trigger: Trigger,
    options: { limit: number; next?: string },
  ): Promise<{ subscriptionIds: string[]; next?: string }>;
}

export const COUNT_KEY = 'n';
export const REQUEST_PREFIX = 'k:';
const requestRowKey = (trigger: Trigger, key: string): string => `${REQUEST_PREFIX}${triggers[trigger].code}:${key}`;
const workflowRowKey = (trigger: Trigger, key: string): string => `w:${triggers[trigger].code}:${key}`;

/** More saves of one flow at once than this leave the oldest ones to end by themselves: their callback URLs answer 404. */
const MAX_PREVIOUS = 20;

/**
 * The flow's entry, and the adopted one, point to the new subscription: a save that claimed the adopted entry and is still being made
 * finds there that a later one was faster.
 */
function workflowWrites(
  connection: string,
  trigger: Trigger,
  subscriptionId: string,
  { key, entry, adopted }: FlowClaim,
): Write[] {
  const ids = (of: WorkflowEntry | undefined): readonly string[] => (of ? [...of.previous, of.subscriptionId] : []);
  const previous = [...new Set([...ids(entry), ...ids(adopted?.entry)])].slice(-MAX_PREVIOUS).join(' ');
  const write = (of: string, before: WorkflowEntry | undefined): Write => {
    const row = { partitionKey: connection, rowKey: workflowRowKey(trigger, of), subscriptionId, previous };
    return before ? { kind: 'replace', row, etag: before.etag } : { kind: 'insert', row };
  };
  return [write(key, entry), ...(adopted ? [write(adopted.key, adopted.entry)] : [])];
}

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

  /** Removes a request entry that still belongs to the subscription. The count is the number of entries, always. */
  const removeEntry = async (subscription: EntryOwner): Promise<void> => {
    const { connection, trigger, requestKey, id } = subscription;
    for (;;) {
      const entry = await get(connection, requestRowKey(trigger, requestKey));
      if (entry?.values['subscriptionId'] !== id) return;
      if ((await removeCounted(connection, entry)) === 'removed') return;
    }
  };

  const removeCounted = async (
    connection: string,
    entry: RowKeys & { etag: string },
  ): Promise<'removed' | 'touched' | 'recount'> => {
    const current = await count(connection);
    const result = await tables.write(CONNECTIONS_TABLE, [
      { kind: 'delete', row: entry, etag: entry.etag },
      countWrite(connection, Math.max(0, current.count - 1), current.etag),
    ]);
    if (result.kind === 'written') return 'removed';
    return result.index === 0 ? 'touched' : 'recount';
  };

  /** Brings a count to the number of entries that there are, if it is not. */
  const isOvercounted = async (
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
          made: row.values['made'] === true,
          etag: row.etag,
        }
      );
    },

    async findWorkflow(connection, trigger, workflowKey) {
      const row = await get(connection, workflowRowKey(trigger, workflowKey));
      return (
        row && {
          subscriptionId: String(row.values['subscriptionId']),
          previous: String(row.values['previous'] ?? '')
            .split(' ')
            .filter((id) => id !== ''),
          etag: row.etag,
        }
      );
    },

    async claimRequest({ connection, trigger, requestKey, subscriptionId }, { replaces, workflow, succeeds, max }) {
      const row = { partitionKey: connection, rowKey: requestRowKey(trigger, requestKey), subscriptionId, made: false };
      const claim: Write = replaces ? { kind: 'replace', row, etag: replaces.etag } : { kind: 'insert', row };
      const flow = workflow ? workflowWrites(connection, trigger, subscriptionId, workflow) : [];
      for (;;) {
        const current = replaces ? undefined : await count(connection);
        if (current && current.count >= max && !succeeds) {
          if (await isOvercounted(connection, current)) continue;
          return { kind: 'full' };
        }
        const counted = current ? [countWrite(connection, current.count + 1, current.etag)] : [];
        const result = await tables.write(CONNECTIONS_TABLE, [claim, ...flow, ...counted]);
        if (result.kind === 'written') return { kind: 'claimed', etag: result.etags[0] ?? '' };
        if (result.index <= flow.length) return { kind: 'conflict' };
        // Only the count stood in the way: another request of the connection got its place, so this comes to an end.
      }
    },

    async settle(subscription, replaced, entryEtag) {
      const { connection, trigger, requestKey, workflowKey, id } = subscription;
      const rowKey = requestRowKey(trigger, requestKey);
      const made = { partitionKey: connection, rowKey, subscriptionId: id, made: true };
      for (let etag = entryEtag; ;) {
        const result = etag && (await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row: made, etag }]));
        if (result && result.kind === 'written') break;
        const entry = await get(connection, rowKey);
        if (entry?.values['subscriptionId'] !== id) return false;
        // Another call made it at the same time; or this one did, and its answer was lost.
        if (entry.values['made'] === true) break;
        etag = entry.etag;
      }
      if (workflowKey !== undefined) {
        const row = await get(connection, workflowRowKey(trigger, workflowKey));
        // A later save has claimed the flow meanwhile: it takes our place, and needs to know of us.
        if (row?.values['subscriptionId'] === id && row.values['previous'] !== '') {
          const settled = { partitionKey: connection, rowKey: row.rowKey, subscriptionId: id, previous: '' };
          await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row: settled, etag: row.etag }]);
        }
      }
      if (replaced && replaced.requestKey !== requestKey) await removeEntry(replaced);
      return true;
    },

    async overtake({ connection, trigger, requestKey, id }) {
      const entry = await get(connection, requestRowKey(trigger, requestKey));
      if (entry?.values['subscriptionId'] !== id) return;
      const row = { partitionKey: connection, rowKey: entry.rowKey, subscriptionId: id, made: true };
      await tables.write(CONNECTIONS_TABLE, [{ kind: 'replace', row, etag: entry.etag }]);
    },

    forget: removeEntry,

    async release(entry, { connection, trigger, requestKey }) {
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
