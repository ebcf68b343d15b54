/** The triggers that a flow can subscribe to. */
export const triggers = {
  'data-source-refresh-failed': { code: 'a', operationId: 'DataSourceRefreshFailed', source: 'jobs' },
  'data-source-refresh-succeeded': { code: 'b', operationId: 'DataSourceRefreshSucceeded', source: 'jobs' },
  'segment-threshold-crossed': { code: 'c', operationId: 'SegmentThresholdCrossed', source: 'segments' },
  'measure-threshold-crossed': { code: 'd', operationId: 'MeasureThresholdCrossed', source: 'measures' },
  'full-refresh-completed': { code: 'e', operationId: 'FullRefreshCompleted', source: 'jobs' },
  'unification-refresh-completed': { code: 'f', operationId: 'UnificationRefreshCompleted', source: 'jobs' },
} as const satisfies Record<string, TriggerDefinition>;

export interface TriggerDefinition {
  /** One letter, used in stored keys and ids. Never change it or reuse it for another trigger. */
  readonly code: string;
  /** The `operationId` in the connector definition. */
  readonly operationId: string;
  /** The list of Customer Insights that the trigger is detected from. */
  readonly source: Source;
}

/** The lists that a poll can read, each with one call. */
export type Source = 'jobs' | 'segments' | 'measures';

export type Trigger = keyof typeof triggers;

export const triggerNames = Object.keys(triggers) as [Trigger, ...Trigger[]];

export function isTrigger(name: string): name is Trigger {
  return Object.hasOwn(triggers, name);
}

/** The trigger of a stored code. `undefined` when a newer version wrote it. */
export function triggerOfCode(code: string): Trigger | undefined {
  return triggerNames.find((name) => triggers[name].code === code);
}

/** The subject of subscriptions to any data source and of triggers that concern the whole instance. */
export const ANY_SUBJECT = '*';
