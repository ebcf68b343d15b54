import type { OpenEvent } from '../events/open-event.ts';
import { openEventRow, STATE_TABLE } from '../events/open-event-row.ts';
import { readAllRows } from '../storage/all-rows.ts';
import type { Tables, Write } from '../storage/tables.ts';
import type { SubjectView } from '../subscriptions/subscription-view.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { triggers } from '../triggers/trigger.ts';
import {
  instanceStateOf,
  isValueTrigger,
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
  type StoredRefreshState,
  type ValueSubject,
} from './instance-state.ts';

/** One step of detection that must be whole: what is remembered from now on, and the events that came of it. */
export interface Change {
  readonly state:
    | { readonly kind: 'value'; readonly subject: Omit<ValueSubject, 'etag'>; readonly etag: string | undefined }
    | {
        readonly kind: 'refreshes';
        readonly refreshes: Omit<StoredRefreshState, 'etag'>;
        readonly etag: string | undefined;
      };
  readonly events: readonly OpenEvent[];
}

export type CommitResult =
  { readonly kind: 'committed'; readonly opened: readonly OpenEvent[] } | { readonly kind: 'conflict' };

export interface StateStore {
  /** All of an instance. One storage request, one more for each further thousand rows. */
  read(instanceId: string): Promise<InstanceState>;
  /** As many changes as go into one transaction, none of them in part. `conflict`: read again and decide again. */
  commit(instanceId: string, changes: readonly [Change, ...Change[]]): Promise<CommitResult>;
  savePoll(instanceId: string, poll: PollRecord): Promise<void>;
  /** What is remembered of a subscription's segment or measure; `undefined` of any other. One storage request. */
  observed(subscription: Subscription): Promise<ValueSubject | undefined>;
  /** The number of observations taken of a subscription's subject. One storage request. */
  sequenceOf(subscription: Subscription): Promise<number | undefined>;
  /** What the owner of a subscription may know of its subject. Two storage requests. */
  subjectView(subscription: Subscription): Promise<Omit<SubjectView, 'isAllowed'>>;
}

/** A transaction takes this many rows (learn.microsoft.com: performing entity group transactions). */
export const MAX_TRANSACTION_ROWS = 100;

export function rowsOf(change: Change): number {
  return 1 + change.events.length;
}

export function stateStore(tables: Tables): StateStore {
  const observed: StateStore['observed'] = async ({ trigger, instanceId, subject }) => {
    if (!isValueTrigger(trigger)) return undefined;
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
        ...change.events.map((event): Write => ({ kind: 'insert', row: openEventRow(event) })),
      ]) as [Write, ...Write[]];
      const result = await tables.write(STATE_TABLE, writes);
      if (result.kind === 'conflict') return result;
      let index = 0;
      const opened = changes.flatMap(({ events }) => {
        index += 1;
        return events.map((event) => ({ ...event, etag: result.etags[index++] ?? '' }));
      });
      return { kind: 'committed', opened };
    },

    async savePoll(instanceId, poll) {
      await tables.write(STATE_TABLE, [{ kind: 'upsert', row: pollRow(instanceId, poll) }]);
    },

    async sequenceOf(subscription) {
      const { trigger, instanceId } = subscription;
      if (isValueTrigger(trigger)) return (await observed(subscription))?.sequence;
      const row = await tables.get(STATE_TABLE, instanceId, REFRESHES_ROW_KEY);
      return row && refreshesOfRow(row).sequence;
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
