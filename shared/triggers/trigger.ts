/** The six kinds of event a flow can wait for, in one table: everything that differs between them starts here. */
export const triggers = {
  'data-source-refresh-failed': { code: 'a', operationId: 'DataSourceRefreshFailed', source: 'jobs' },
  'data-source-refresh-succeeded': { code: 'b', operationId: 'DataSourceRefreshSucceeded', source: 'jobs' },
  'segment-threshold-crossed': { code: 'c', operationId: 'SegmentThresholdCrossed', source: 'segments' },
  'measure-threshold-crossed': { code: 'd', operationId: 'MeasureThresholdCrossed', source: 'measures' },
  'full-refresh-completed': { code: 'e', operationId: 'FullRefreshCompleted', source: 'jobs' },
  'unification-refresh-completed': { code: 'f', operationId: 'UnificationRefreshCompleted', source: 'jobs' },
} as const satisfies Record<string, TriggerDefinition>;

export interface TriggerDefinition {
  /** One letter for keys and ids. Stored: never changes and is never used again for another trigger. */
  readonly code: string;
  /** The operation of the connector definition. */
  readonly operationId: string;
  /** The list of Customer Insights that tells of it. */
  readonly source: Source;
}

/** What one poll can read: each is one list call. */
export type Source = 'jobs' | 'segments' | 'measures';

export type Trigger = keyof typeof triggers;

export const triggerNames = Object.keys(triggers) as [Trigger, ...Trigger[]];

export function isTrigger(name: string): name is Trigger {
  return Object.hasOwn(triggers, name);
}

/** The trigger of a stored code, or undefined when a newer version wrote it. */
export function triggerOfCode(code: string): Trigger | undefined {
  return triggerNames.find((name) => triggers[name].code === code);
}

/** Stands for "any data source" and for the triggers that concern the instance as a whole. */
export const ANY_SUBJECT = '*';
