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

/** A task as the workflow knows it: what the API shows, and the node it works on, which the API does not show. */
export interface WorkflowTask {
  readonly info: GraphTaskInfo;
  readonly identifier: string | null;
  /** Tasks of a later stage wait for those of an earlier one. */
  readonly stage: number;
}

/** Everything the sandbox knows about one Customer Insights environment. Mutable: the control API changes it in place. */
export interface Instance {
  readonly metadata: InstanceMetadata;
  readonly dataSources: DataSourceMetadata[];
  readonly segments: SegmentMetadata[];
  readonly measures: MeasureMetadata[];
  /** Names of measures that are not evaluated any more: a measure's documented shape has no state of its own. */
  readonly inactiveMeasures: Set<string>;
  /** Newest first. */
  readonly jobs: GraphJobInfo[];
  /** Newest first. */
  readonly tasks: WorkflowTask[];
  /** Latest state of each node, by operation type and identifier. */
  readonly nodes: Map<string, GraphNodeInfo>;
  readonly schedules: WorkflowRefreshSchedule[];
  /** Profiles, activities and ingested tables. Tables of segments and measures are derived from those. */
  readonly tables: EntityTable[];
  readonly realTimeChanges: RealTimeChange[];
}

/** The revision of an object that nobody has changed since `at`. */
export function newRevision(instanceId: string, at: string): Revision {
  const author = 'admin@contoso.example';
  return { version: 1, updatedBy: author, updatedUtc: at, createdBy: author, createdUtc: at, instanceId };
}

/** Notes that somebody changed the object at `at`. */
export function touch(revision: Revision, at: string): void {
  revision.version += 1;
  revision.updatedUtc = at;
}

/** The key of a node in `Instance.nodes`. */
export function nodeKey(operationType: string, identifier: string | null): string {
  return `${operationType} ${identifier ?? ''}`;
}
