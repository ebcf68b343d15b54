import type { Static, TObject } from '@sinclair/typebox';
import { dataSourceRefreshFailed } from './data-source-refresh-failed.ts';
import { dataSourceRefreshSucceeded } from './data-source-refresh-succeeded.ts';
import { fullRefreshCompleted } from './full-refresh-completed.ts';
import { measureThresholdCrossed } from './measure-threshold-crossed.ts';
import { segmentThresholdCrossed } from './segment-threshold-crossed.ts';
import type { FactsOf } from './payload-schema.ts';
import type { TriggerRecord } from './trigger-record.ts';
import { unificationRefreshCompleted } from './unification-refresh-completed.ts';

/** The record of each trigger that a flow can subscribe to. */
export const triggers = {
  'data-source-refresh-failed': dataSourceRefreshFailed,
  'data-source-refresh-succeeded': dataSourceRefreshSucceeded,
  'segment-threshold-crossed': segmentThresholdCrossed,
  'measure-threshold-crossed': measureThresholdCrossed,
  'full-refresh-completed': fullRefreshCompleted,
  'unification-refresh-completed': unificationRefreshCompleted,
} as const;

type Records = typeof triggers;

/** The name of a trigger, as URL paths, callbacks and events contain it. */
export type Trigger = keyof Records;

/** The inputs of a subscribe request that name its subject, such as `segmentName`. */
export type SubjectInputs<T extends Trigger = Trigger> = Static<TObject<Records[T]['subject']['inputs']>>;

/** The facts of an event: the properties of its callback that only this trigger has. */
export type Facts<T extends Trigger> = FactsOf<Records[T]['payload']>;

const records: {
  readonly [T in Trigger]: TriggerRecord<Records[T]['subject']['inputs'], Records[T]['payload']>;
} = triggers;

/** The record of a trigger, typed so that its functions accept the data of this trigger. */
export function recordOf<T extends Trigger>(trigger: T): (typeof records)[T] {
  return records[trigger];
}

/** All triggers, in the order of `triggers`. */
export const triggerNames = Object.keys(triggers) as [Trigger, ...Trigger[]];

/** Makes a record with a value for each trigger in `names`. */
export function byTrigger<T extends Trigger, V>(names: readonly T[], valueOf: (name: T) => V): Readonly<Record<T, V>> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<T, V>;
}

export function isTrigger(name: string): name is Trigger {
  return Object.hasOwn(triggers, name);
}

/** The trigger of a stored code. `undefined` when a newer version wrote it. */
export function triggerOfCode(code: string): Trigger | undefined {
  return triggerNames.find((name) => triggers[name].code === code);
}

/** The triggers that compare the values of a subject with a threshold. */
export type ThresholdTrigger = {
  [T in Trigger]: Records[T]['hasThreshold'] extends true ? T : never;
}[Trigger];

/** Whether a subscription to the trigger has a threshold. */
export function hasThreshold(trigger: Trigger): trigger is ThresholdTrigger {
  return triggers[trigger].hasThreshold;
}

/** All triggers with a threshold, in the order of `triggers`. */
export const thresholdTriggers: readonly ThresholdTrigger[] = triggerNames.filter(hasThreshold);

/**
 * The triggers that fire for refreshes. A refresh is a job of Customer Insights, or a task of one.
 */
export type RefreshTrigger = Exclude<Trigger, ThresholdTrigger>;

/** The operation types of Customer Insights (kinds of jobs and tasks) that fire a trigger. */
export type FiringOperation = Records[RefreshTrigger]['operationType'];

const firingOperations: ReadonlySet<string> = new Set(
  triggerNames.flatMap((trigger) => (hasThreshold(trigger) ? [] : triggers[trigger].operationType)),
);

/** Whether refreshes of this operation type fire a trigger. */
export function isFiringOperation(operationType: string | undefined): operationType is FiringOperation {
  return operationType !== undefined && firingOperations.has(operationType);
}
