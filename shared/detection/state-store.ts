import type { NewOutboxEntry, OutboxEntry } from '../events/outbox-entry.ts';
import { outboxRow, STATE_TABLE } from '../events/outbox-row.ts';
import { readAllRows } from '../storage/all-rows.ts';
import { newEtag, type Tables, type Write } from '../storage/tables.ts';
import type { SubjectView } from '../subscriptions/subscription-view.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { hasThreshold, triggers } from '../triggers/trigger.ts';
import {
  STARTING_SEQUENCE_ROW_KEY,
  instanceStateOf,
  POLL_ROW_KEY,
  pollRow,
  REFRESHES_ROW_KEY,
  refreshesOfRow,
  refreshesRow,
  valueOfRow,
  valueRow,
  valueRowKey,
  type InstanceState,
  type PollRecord,
  type ValueSubject,
} from './instance-state.ts';
import type { StoredRefreshState } from './refresh-state.ts';

/** One atomic step of detection: the new state of a subject, and the events that it causes. */
export interface Change {
  readonly state:
    | { readonly kind: 'value'; readonly subject: Omit<ValueSubject, 'etag'>; readonly etag: string | undefined }
    | {
        readonly kind: 'refreshes';
        readonly refreshes: Omit<StoredRefreshState, 'etag'>;
        readonly etag: string | undefined;
      };
  readonly events: readonly NewOutboxEntry[];
}

export type CommitResult =
  { readonly kind: 'committed'; readonly entries: readonly OutboxEntry[] } | { readonly kind: 'conflict' };

export interface StateStore {
  /** Reads the whole state of an instance. Takes one storage request per 1,000 rows. */
  read(instanceId: string): Promise<InstanceState>;
  /**
   * Commits changes in one transaction. They must not have more than `MAX_TRANSACTION_ROWS` rows.
   * After a `conflict`, nothing was written, and the caller reads the state and detects again.
   */
  commit(instanceId: string, changes: readonly [Change, ...Change[]]): Promise<CommitResult>;
  /** Stores what a poll leaves for the next one. Takes one storage request. */
  savePoll(instanceId: string, poll: PollRecord): Promise<void>;
  /**
   * Removes at most `MAX_TRANSACTION_ROWS - 1` subjects, and raises the sequence number from which
   * new subjects start (`StartingSequence`) to the highest one of the removed subjects. All in one
   * transaction.
   */
  forget(
    state: InstanceState,
    subjects: readonly [ObservedSubject, ...ObservedSubject[]],
  ): Promise<'forgotten' | 'conflict'>;
  /**
   * The stored state of a subscription's segment or measure. `undefined` for any other subject.
   * Takes one storage request.
   */
  observed(subscription: Subscription): Promise<ValueSubject | undefined>;
  /**
   * The sequence number of the last observation of a subscription's subject. `undefined` when the
   * subject is not observed or is marked for removal. Takes one storage request.
   */
  sequenceOf(subscription: Subscription): Promise<number | undefined>;
  /**
   * The last evaluation of a subscription's subject, and since when its list cannot be read. Shown
   * to makers and operators with the subscription. Takes two storage requests.
   */
  subjectView(subscription: Subscription): Promise<Omit<SubjectView, 'isAllowed'>>;
  /** A text that changes with each poll of the instance. Takes one storage request. */
  pollMark(instanceId: string): Promise<string>;
}

/** A subject that is stored, so that it can be removed. */
export type ObservedSubject =
  | { readonly kind: 'value'; readonly subject: ValueSubject & { readonly etag: string } }
  | { readonly kind: 'refreshes'; readonly refreshes: StoredRefreshState & { readonly etag: string } };

/**
 * Maximum number of rows in one transaction (learn.microsoft.com, "Performing entity group
 * transactions").
 */
export const MAX_TRANSACTION_ROWS = 100;

export function rowsOf(change: Change): number {
  return 1 + change.events.length;
}

export function stateStore(tables: Tables): StateStore {
  const observed: StateStore['observed'] = async ({ trigger, instanceId, subject }) => {
    if (!hasThreshold(trigger)) return undefined;
    const row = await tables.get(STATE_TABLE, instanceId, valueRowKey(trigger, subject));
    return row && valueOfRow(row);
  };
  return {
    observed,

    async read(instanceId) {
      return instanceStateOf(instanceId, await readAllRows(tables, STATE_TABLE, { partition: instanceId }));
    },

    async commit(instanceId, changes) {
      const writes = changes.flatMap((change) => [
        stateWrite(instanceId, change),
        ...change.events.map((event): Write => ({ kind: 'insert', row: outboxRow(event) })),
      ]) as [Write, ...Write[]];
      const result = await tables.write(STATE_TABLE, writes);
      if (result.kind === 'conflict') return result;
      let index = 0;
      const entries = changes.flatMap(({ events }) => {
        index += 1;
        return events.map((event) => ({ ...event, etag: newEtag(result, index++) }));
      });
      return { kind: 'committed', entries };
    },

    async savePoll(instanceId, poll) {
      await tables.write(STATE_TABLE, [{ kind: 'upsert', row: pollRow(instanceId, poll) }]);
    },

    async forget({ instanceId, startingSequence }, subjects) {
      const counts = subjects.map((removed) =>
        removed.kind === 'value' ? removed.subject.sequence : removed.refreshes.sequence,
      );
      const row = {
        partitionKey: instanceId,
        rowKey: STARTING_SEQUENCE_ROW_KEY,
        v: 1,
        sequence: Math.max(startingSequence.sequence, ...counts),
      };
      const raised: Write =
        startingSequence.etag === undefined
          ? { kind: 'insert', row }
          : { kind: 'replace', row, etag: startingSequence.etag };
      const deleted = subjects.map((removed): Write => {
        const { etag } = removed.kind === 'value' ? removed.subject : removed.refreshes;
        const rowKey =
          removed.kind === 'value' ? valueRowKey(removed.subject.trigger, removed.subject.name) : REFRESHES_ROW_KEY;
        return { kind: 'delete', row: { partitionKey: instanceId, rowKey }, etag };
      });
      const result = await tables.write(STATE_TABLE, [raised, ...deleted]);
      return result.kind === 'written' ? 'forgotten' : 'conflict';
    },

    async sequenceOf(subscription) {
      const { trigger, instanceId } = subscription;
      const isRefresh = !hasThreshold(trigger);
      const row = isRefresh ? await tables.get(STATE_TABLE, instanceId, REFRESHES_ROW_KEY) : undefined;
      const found = isRefresh ? row && refreshesOfRow(row) : await observed(subscription);
      return found?.isMarkedForRemoval === true ? undefined : found?.sequence;
    },

    async pollMark(instanceId) {
      return (await tables.get(STATE_TABLE, instanceId, POLL_ROW_KEY))?.etag ?? '';
    },

    async subjectView(subscription) {
      const { trigger, instanceId } = subscription;
      const [value, poll] = await Promise.all([
        observed(subscription),
        tables.get(STATE_TABLE, instanceId, POLL_ROW_KEY),
      ]);
      const last = value?.last;
      const { failing } = instanceStateOf(instanceId, poll ? [poll] : []);
      return {
        lastEvaluation: last && { value: last.value, evaluatedAt: new Date(last.evaluatedAtMs).toISOString() },
        sourceUnreachableSince: failing[triggers[trigger].source]?.since,
      };
    },
  };
}

function stateWrite(instanceId: string, { state }: Change): Write {
  const row = state.kind === 'value' ? valueRow(instanceId, state.subject) : refreshesRow(instanceId, state.refreshes);
  return state.etag === undefined ? { kind: 'insert', row } : { kind: 'replace', row, etag: state.etag };
}
