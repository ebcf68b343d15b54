/**
 * The JSON shapes of the public API. Names and enum values are those of Microsoft's generated
 * clients, version 1.0.8 (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 * Properties that the sandbox never fills are left out. `null` is a value that the service does not
 * have yet. A switch of the sandbox decides whether `null` is sent or left out.
 */

export interface StringInfo {
  value: string;
  key: string;
  args: string[];
}

export interface CIResult {
  exceptionCulprit: 'system' | 'user' | 'external';
  errorCode: string;
  resultSeverity: 'error' | 'warning' | 'recommendation';
  message: string;
  name: string;
  params: Record<string, string>;
  ciResults: CIResult[];
}

/** The author and time of an object. Every kind of metadata ends with these properties. */
export interface Revision {
  version: number;
  updatedBy: string;
  updatedUtc: string;
  createdBy: string;
  createdUtc: string;
  instanceId: string;
}

export interface InstanceMetadata extends Revision {
  isB2B: boolean;
  isB2C: boolean;
  name: string;
  provisioningState: string;
  instanceType: 'trial' | 'sandbox' | 'production' | 'pitchDemo' | 'pov';
  refreshSchedule: DataRefreshSchedule | null;
  expiryTimeUtc: string | null;
  region: string;
  cdsOrgInfo: { friendlyName: string; url: string; state: string; location: string; environmentSku: string };
  platformType: string;
  azureRegion: string;
}

export interface DataRefreshSchedule {
  isActive: boolean;
  timezoneId: string;
  cronSchedules: string[];
  scheduleId: string;
  instanceId: string;
}

export interface WorkflowRefreshSchedule extends DataRefreshSchedule {
  operationType: string;
  subType: string;
  identifiers: string[];
  jobType: string;
}

export interface DataSourceMetadata extends Revision {
  kind: string;
  isActive: boolean;
  entityNames: string[];
  entitiesCount: number;
  dataSourceId: string;
  name: string;
  friendlyName: string;
  entityInformation: { entityName: string; primaryKey: string; entityType: string }[];
  provisioningState: string;
  lastRefresh: string | null;
  refreshState: 'notUpdated' | 'updated' | 'updating' | 'updateFailed' | 'updateCancelled';
  incrementalRefreshProperties: never[];
}

export type SegmentJobStatus = 'None' | 'Running' | 'CompletedSuccess' | 'CompletedFailure' | 'Cancelled';

export interface HistoricalSegmentStats {
  evaluationDate: string | null;
  entityCount: number | null;
  jobStatus: SegmentJobStatus;
  error: StringInfo | null;
}

export interface SegmentMetadata extends Revision {
  kind: 'default' | 'engagement';
  name: string;
  friendlyName: string;
  description: string | null;
  state: 'inactive' | 'active';
  errorDescription: string | null;
  endDate: string | null;
  evaluationStatus: HistoricalSegmentStats & { lastSuccessfulRunId: string | null };
  /** Final evaluations, oldest first. Returned only on request. */
  evaluationStatusHistory: HistoricalSegmentStats[];
}

export interface MeasureDefinition {
  kind: 'entity' | 'attribute';
  isScalar: boolean;
  linkedEntities: { kind: string; entity: string; alias: string }[];
  variables: never[];
  dimensions: {
    field: string;
    alias: string;
    displayName: string;
    order: number;
    bucket: string;
    isReadOnly: boolean;
  }[];
  aggregates: { operation: string; field: string; alias: string; displayName: string; order: number }[];
  isProfile: boolean;
  measureQuerySql: string | null;
  type: 'structured' | 'manual';
  isManualQueryScalar: boolean;
}

export interface Evaluation {
  lastSuccessfulRunId: string | null;
  state: 'none' | 'running' | 'failed' | 'completed';
  endTime: string | null;
  error: string | null;
}

export interface ScalarOutput {
  /** Decimal strings by the alias of their aggregate. */
  values: Record<string, string>;
  measureName: string;
  evaluationTime: string;
}

export interface MeasureMetadata extends Revision {
  displayName: string;
  name: string;
  description: string | null;
  definition: MeasureDefinition;
  latestEvaluation: Evaluation;
  output: ScalarOutput | null;
  evaluationStats: { lastSuccessful: string | null; consecutiveFailureCount: number };
  errorDescription: StringInfo | null;
  /** Final evaluations, oldest first. Returned only on request. */
  evaluationHistory: Evaluation[];
  /** Oldest first. Returned only on request. */
  outputHistory: ScalarOutput[];
  isTemplate: boolean;
  isCreatedFromTemplate: boolean;
}

export type WorkflowStatus =
  'queued' | 'needsUpdate' | 'running' | 'failed' | 'timedOut' | 'aborted' | 'deleted' | 'successful' | 'skipped';

export interface GraphJobInfo {
  jobId: string;
  jobType: 'full' | 'incremental';
  jobSubmissionKind: 'onDemand' | 'scheduled';
  jobStatus: WorkflowStatus;
  operationType: string;
  subType: string;
  endTimestamp: string | null;
  shouldForceRunRequestedNodes: boolean;
  idList: string[];
  options: { runDownstreamAfterMerge: boolean };
  submittedTimestamp: string;
}

export interface GraphTaskInfo {
  taskId: string;
  taskStatus: WorkflowStatus;
  operationType: string;
  subType: string;
  jobIds: string[];
  friendlyName: string;
  endTimestamp: string | null;
  ciError: CIResult | null;
  ciErrors: CIResult[];
  waitingTaskIds: string[];
  additionalInfo: { kind: string } | null;
  submittedTimestamp: string;
}

export interface GraphNodeInfo {
  operationType: string;
  subType: string;
  /**
   * Data source id, segment name or measure name. `null` for a node that an instance has once
   * (match, merge).
   */
  identifier: string | null;
  friendlyName: string;
  jobIds: string[];
  taskStatus: WorkflowStatus;
  lastSuccessJobIds: string[];
  endTimestamp: string | null;
  lastSuccessfulTimestamp: string | null;
  ciError: CIResult | null;
  ciErrors: CIResult[];
  additionalInfo: { kind: string } | null;
  selectionReason: { code: string; details: string };
}

export interface AttributeMetadata {
  name: string;
  friendlyName: string;
  dataType: string;
  semanticType: string | null;
  searchProperties: { isSearchable: boolean; isFilterable: boolean; isFacetable: boolean; isSortable: boolean };
}

export interface EntityMetadata {
  name: string;
  qualifiedEntityName: string;
  dataSourceName: string | null;
  datasourceId: string | null;
  entityType: string;
  attributes: AttributeMetadata[];
  keys: AttributeMetadata[][];
  relationships: never[];
  refreshTime: string;
}
