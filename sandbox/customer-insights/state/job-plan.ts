import type { Instance } from './instance.ts';

/** A planned task of a job. */
export interface PlannedTask {
  readonly operationType: string;
  readonly identifier: string | null;
  readonly friendlyName: string;
  /** Tasks wait for the tasks of all earlier stages. */
  readonly stage: number;
  /** Whether the object is inactive. Its task is then skipped. */
  readonly inactive: boolean;
}

export interface PlanRequest {
  readonly operationType: string;
  /** When empty, all objects of the operation. */
  readonly identifiers: readonly string[];
  readonly runDownstreamAfterMerge: boolean;
}

/**
 * The tasks of a job, in the order in which the processes depend on each other: data sources,
 * match, merge, then segments and measures
 * (learn.microsoft.com/dynamics365/customer-insights/data/system, "Refresh processes"). An
 * operation that the sandbox does not simulate becomes one task that changes nothing.
 */
export function planTasks(instance: Instance, request: PlanRequest): PlannedTask[] {
  const { operationType, identifiers, runDownstreamAfterMerge } = request;
  switch (operationType) {
    case 'all':
      return [...ingestions(instance, []), match, merge, ...segmentations(instance, []), ...measures(instance, [])];
    case 'ingestion':
      return ingestions(instance, identifiers);
    case 'match':
      return [match];
    case 'merge':
      return runDownstreamAfterMerge
        ? [match, merge, ...segmentations(instance, []), ...measures(instance, [])]
        : [match, merge];
    case 'segmentation':
      return segmentations(instance, identifiers);
    case 'measures':
      return measures(instance, identifiers);
    default:
      return [{ operationType, identifier: null, friendlyName: operationType, stage: 3, inactive: false }];
  }
}

const match = { operationType: 'match', identifier: null, friendlyName: 'Match', stage: 1, inactive: false };
const merge = { operationType: 'merge', identifier: null, friendlyName: 'Merge', stage: 2, inactive: false };

function ingestions(instance: Instance, identifiers: readonly string[]): PlannedTask[] {
  return wanted(instance.dataSources, ({ dataSourceId }) => dataSourceId, identifiers).map((dataSource) => ({
    operationType: 'ingestion',
    identifier: dataSource.dataSourceId,
    friendlyName: dataSource.friendlyName,
    stage: 0,
    inactive: !dataSource.isActive,
  }));
}

function segmentations(instance: Instance, identifiers: readonly string[]): PlannedTask[] {
  return wanted(instance.segments, ({ name }) => name, identifiers).map((segment) => ({
    operationType: 'segmentation',
    identifier: segment.name,
    friendlyName: segment.friendlyName,
    stage: 3,
    inactive: segment.state === 'inactive',
  }));
}

function measures(instance: Instance, identifiers: readonly string[]): PlannedTask[] {
  return wanted(instance.measures, ({ name }) => name, identifiers).map((measure) => ({
    operationType: 'measures',
    identifier: measure.name,
    friendlyName: measure.displayName,
    stage: 3,
    inactive: instance.inactiveMeasures.has(measure.name),
  }));
}

function wanted<T>(objects: readonly T[], idOf: (object: T) => string, identifiers: readonly string[]): readonly T[] {
  return identifiers.length === 0 ? objects : objects.filter((object) => identifiers.includes(idOf(object)));
}
