import { allRows } from '../storage/all-rows.ts';
import type { Tables } from '../storage/tables.ts';
import { RANGE_END, SUBSCRIPTIONS_TABLE } from '../subscriptions/subscription-row.ts';
import { shortHash, subjectPartition } from '../triggers/subject.ts';
import { triggerNames, triggers } from '../triggers/trigger.ts';
import { transactionsOf } from './commit.ts';
import { isValueTrigger, type InstanceState } from './instance-state.ts';
import type { Change, Observed, StateStore } from './state-store.ts';

export interface ForgetPorts {
  readonly tables: Tables;
  readonly state: StateStore;
}

/** One transaction deletes this many and raises the floor. */
const MAX_AT_ONCE = 50;

/**
 * Forgets what is observed of an instance and nobody is subscribed to any more, so that polls ask for it no longer; `MAX_AT_ONCE` at most, the rest the
 * next time. A subject is marked first and looked at again before it is deleted: a subscription that the second look missed finds the mark, and reads the
 * subject anew, which takes the mark away. One storage request for each subject. Rejects when storage gives no answer; then a mark may be left, which the next poll takes away.
 */
export async function forgetSubjects({ tables, state: store }: ForgetPorts, instanceId: string): Promise<number> {
  const before = await store.read(instanceId);
  const unawaited = (await unawaitedOf(tables, before)).slice(0, MAX_AT_ONCE);
  if (unawaited.length === 0) return 0;
  for (const batch of transactionsOf(unawaited.map(leaving))) await store.commit(instanceId, batch);

  const marked = await store.read(instanceId);
  const names = new Set(unawaited.map(nameOf));
  const again = (await unawaitedOf(tables, marked)).filter((one) => names.has(nameOf(one)) && isLeaving(one));
  const [first, ...rest] = again;
  if (first === undefined) return 0;
  return (await store.forget(marked, [first, ...rest])) === 'forgotten' ? again.length : 0;
}

async function unawaitedOf(tables: Tables, state: InstanceState): Promise<Observed[]> {
  const { instanceId, values, refreshes } = state;
  const unawaited: Observed[] = [];
  for (const subject of values) {
    const partition = subjectPartition(instanceId, subject.trigger, shortHash(subject.name));
    if (!(await hasRows(tables, partition))) unawaited.push({ kind: 'value', subject });
  }
  if (refreshes && !(await hasRefreshSubscriptions(tables, instanceId)))
    unawaited.push({ kind: 'refreshes', refreshes });
  return unawaited;
}

async function hasRefreshSubscriptions(tables: Tables, instanceId: string): Promise<boolean> {
  for (const trigger of triggerNames.filter((name) => !isValueTrigger(name))) {
    const prefix = `${instanceId}:${triggers[trigger].code}`;
    if (await hasRows(tables, { from: `${prefix}:`, to: `${prefix};` })) return true;
  }
  return false;
}

/** Whether there are subscriptions that have not ended; ended ones lie behind the range of row keys. */
export async function hasRows(tables: Tables, partition: string | { from: string; to: string }): Promise<boolean> {
  const first = await allRows(tables, SUBSCRIPTIONS_TABLE, {
    partition,
    to: RANGE_END,
    select: ['v'],
    limit: 1,
  }).next();
  return first.done !== true;
}

function leaving(one: Observed): Change {
  return one.kind === 'value'
    ? { state: { kind: 'value', subject: { ...one.subject, isLeaving: true }, etag: one.subject.etag }, events: [] }
    : {
        state: { kind: 'refreshes', refreshes: { ...one.refreshes, isLeaving: true }, etag: one.refreshes.etag },
        events: [],
      };
}

function isLeaving(one: Observed): boolean {
  return one.kind === 'value' ? one.subject.isLeaving : one.refreshes.isLeaving;
}

function nameOf(one: Observed): string {
  return one.kind === 'value' ? `${one.subject.trigger} ${one.subject.name}` : 'refreshes';
}
