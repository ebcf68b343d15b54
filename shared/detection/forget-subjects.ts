import { allRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';
import { RANGE_END, SUBSCRIPTIONS_TABLE } from '../subscriptions/subscription-row.ts';
import { shortHash, subjectPartition } from '../triggers/subject.ts';
import { hasThreshold, triggerNames, triggers } from '../triggers/trigger.ts';
import { transactionsOf } from './commit.ts';
import type { InstanceState } from './instance-state.ts';
import type { Change, ObservedSubject, StateStore } from './state-store.ts';

export interface ForgetPorts {
  readonly tables: Tables;
  readonly state: StateStore;
}

/**
 * Maximum number of subjects that one transaction deletes. The transaction also raises the sequence
 * number from which new subjects start (`StartingSequence`).
 */
const MAX_AT_ONCE = 50;

/**
 * Removes the state of subjects that have no subscriptions, so that polls no longer read them.
 * Resolves with the number of removed subjects, at most `MAX_AT_ONCE`. The next call removes the
 * others.
 *
 * A subject is marked, then checked for subscriptions a second time, then deleted if it still has
 * the mark. If the second check misses a new subscription, its request finds the subject marked or
 * removed when it activates the subscription. It then reads the subject again, which removes the
 * mark or observes the subject anew. Takes one storage request per subject. Rejects with
 * `StorageError` when storage does not respond. If a mark is left behind, the next poll removes it.
 */
export async function forgetSubjects({ tables, state: store }: ForgetPorts, instanceId: string): Promise<number> {
  const before = await store.read(instanceId);
  const unsubscribed = (await unsubscribedSubjects(tables, before)).slice(0, MAX_AT_ONCE);
  if (unsubscribed.length === 0) return 0;
  for (const batch of transactionsOf(unsubscribed.map(markForRemoval))) await store.commit(instanceId, batch);

  const marked = await store.read(instanceId);
  const names = new Set(unsubscribed.map(keyOf));
  const removable = (await unsubscribedSubjects(tables, marked)).filter(
    (subject) => names.has(keyOf(subject)) && isMarkedForRemoval(subject),
  );
  const [first, ...rest] = removable;
  if (first === undefined) return 0;
  return (await store.forget(marked, [first, ...rest])) === 'forgotten' ? removable.length : 0;
}

async function unsubscribedSubjects(tables: Tables, state: InstanceState): Promise<ObservedSubject[]> {
  const { instanceId, values, refreshes } = state;
  const unsubscribed: ObservedSubject[] = [];
  for (const subject of values) {
    const partition = subjectPartition(instanceId, subject.trigger, shortHash(subject.name));
    if (isStored(subject) && !(await hasSubscriptions(tables, partition)))
      unsubscribed.push({ kind: 'value', subject });
  }
  if (refreshes && isStored(refreshes) && !(await hasRefreshSubscriptions(tables, instanceId)))
    unsubscribed.push({ kind: 'refreshes', refreshes });
  return unsubscribed;
}

function isStored<T extends { readonly etag: string | undefined }>(
  subject: T,
): subject is T & { readonly etag: string } {
  return subject.etag !== undefined;
}

async function hasRefreshSubscriptions(tables: Tables, instanceId: string): Promise<boolean> {
  for (const trigger of triggerNames.filter((name) => !hasThreshold(name))) {
    // `;` is the character after `:`, so the range is that of all keys that begin with `prefix:`.
    const prefix = `${instanceId}:${triggers[trigger].code}`;
    if (await hasSubscriptions(tables, { from: `${prefix}:`, to: `${prefix};` })) return true;
  }
  return false;
}

/**
 * Whether a partition, or a range of partitions, has subscriptions that may still receive events.
 * The row keys of the others, which have ended and are kept as redirects, sort after `RANGE_END`.
 */
export async function hasSubscriptions(
  tables: Tables,
  partition: string | { from: string; to: string },
): Promise<boolean> {
  // Only the existence of a row matters, so only its format version (`v`) is read.
  const first = await allRows(tables, SUBSCRIPTIONS_TABLE, {
    partition,
    to: RANGE_END,
    select: ['v'],
    limit: 1,
  }).next();
  return first.done !== true;
}

function markForRemoval(observed: ObservedSubject): Change {
  return observed.kind === 'value'
    ? {
        state: {
          kind: 'value',
          subject: { ...observed.subject, isMarkedForRemoval: true },
          etag: observed.subject.etag,
        },
        events: [],
      }
    : {
        state: {
          kind: 'refreshes',
          refreshes: { ...observed.refreshes, isMarkedForRemoval: true },
          etag: observed.refreshes.etag,
        },
        events: [],
      };
}

function isMarkedForRemoval(observed: ObservedSubject): boolean {
  return observed.kind === 'value' ? observed.subject.isMarkedForRemoval : observed.refreshes.isMarkedForRemoval;
}

function keyOf(observed: ObservedSubject): string {
  return observed.kind === 'value' ? `${observed.subject.trigger} ${observed.subject.name}` : 'refreshes';
}
