import type {
  DataSourceMetadata,
  GraphJobInfo,
  GraphNodeInfo,
  GraphTaskInfo,
  InstanceMetadata,
  MeasureMetadata,
  Revision,
  SegmentMetadata,
  WorkflowRefreshSchedule,
} from './documented-shapes.ts';
import type { EntityTable, RealTimeChange } from './entity-table.ts';

/**
 * A task of the workflow: what the API shows, and the node of the task, which the API does not
 * show.
 */
export interface WorkflowTask {
  readonly info: GraphTaskInfo;
  readonly identifier: string | null;
  /** Tasks wait for the tasks of all earlier stages. */
  readonly stage: number;
}

/** The state of one Customer Insights environment. Mutable: the control API changes it in place. */
export interface Instance {
  readonly metadata: InstanceMetadata;
  readonly dataSources: DataSourceMetadata[];
  readonly segments: SegmentMetadata[];
  readonly measures: MeasureMetadata[];
  /**
   * Names of measures that are no longer evaluated. The documented shape of a measure has no
   * property for this.
   */
  readonly inactiveMeasures: Set<string>;
  /** Newest first. */
  readonly jobs: GraphJobInfo[];
  /** Newest first. */
  readonly tasks: WorkflowTask[];
  /** The latest state of each node, by operation type and identifier. */
  readonly nodes: Map<string, GraphNodeInfo>;
  readonly schedules: WorkflowRefreshSchedule[];
  /**
   * Profiles, activities and ingested tables. Tables of segments and measures are derived from
   * these.
   */
  readonly tables: EntityTable[];
  readonly realTimeChanges: RealTimeChange[];
}

/** The revision of an object that was created at `at` and not changed since. */
export function newRevision(instanceId: string, at: string): Revision {
  const author = 'admin@contoso.example';
  return { version: 1, updatedBy: author, updatedUtc: at, createdBy: author, createdUtc: at, instanceId };
}

/** Records a change of the object at `at`. */
export function touch(revision: Revision, at: string): void {
  revision.version += 1;
  revision.updatedUtc = at;
}

/** The key of a node in `Instance.nodes`. */
export function nodeKey(operationType: string, identifier: string | null): string {
  return `${operationType} ${identifier ?? ''}`;
}
