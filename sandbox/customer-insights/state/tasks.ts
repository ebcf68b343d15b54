import { unreachable } from '../../../shared/unreachable.ts';
import { updateFromIngestion } from './data-sources.ts';
import type { CIResult, SegmentMetadata, WorkflowStatus } from './documented-shapes.ts';
import { nodeKey } from './instance.ts';
import type { Instance, WorkflowTask } from './instance.ts';
import { evaluateMeasure, refuseValueOf } from './measures.ts';
import type { MeasureOutcome } from './measures.ts';
import { instantAfter } from './ports.ts';
import type { Ports } from './ports.ts';
import { RefusedError } from './refused-error.ts';
import { evaluateSegment, memberCountOf } from './segments.ts';
import type { SegmentOutcome } from './segments.ts';

/**
 * The next status of a task. Any status may follow any other. A failed task that runs again is a
 * retry.
 */
export interface TaskMove {
  readonly status: WorkflowStatus;
  /** The error message of a failure. The default is a sentence that names the object. */
  readonly error?: string;
  /** The member count of a successful segmentation. The default is the current count. */
  readonly memberCount?: number;
  /** The value of a successful measure calculation. The default is the current value. */
  readonly value?: number | string;
}

/**
 * Moves a task, its node and its object to the status. Throws `RefusedError` (400), without any
 * change, for a result that the task cannot have.
 */
export function moveTask(instance: Instance, task: WorkflowTask, move: TaskMove, ports: Ports): void {
  const { info } = task;
  const { status } = move;
  refuseForeignResult(instance, task, move);
  const failure = status === 'failed' || status === 'timedOut' ? [failureOf(task, move)] : [];
  info.taskStatus = status;
  info.endTimestamp =
    status === 'queued' || status === 'needsUpdate' || status === 'running'
      ? null
      : instantAfter(ports.clock, info.submittedTimestamp);
  info.ciErrors = failure;
  info.ciError = failure[0] ?? null;
  updateNode(instance, task);
  refreshObject(instance, task, move, ports);
}

function refuseForeignResult(instance: Instance, { info, identifier }: WorkflowTask, move: TaskMove): void {
  if (move.memberCount !== undefined && info.operationType !== 'segmentation') {
    throw new RefusedError(400, `A task of type ${info.operationType} has no member count.`);
  }
  if (move.value === undefined) return;
  const measure = instance.measures.find(({ name }) => info.operationType === 'measures' && name === identifier);
  if (measure === undefined) throw new RefusedError(400, `A task of type ${info.operationType} has no value.`);
  refuseValueOf(measure);
}

function updateNode(instance: Instance, { info, identifier }: WorkflowTask): void {
  const key = nodeKey(info.operationType, identifier);
  const before = instance.nodes.get(key);
  const succeeded = info.taskStatus === 'successful';
  instance.nodes.set(key, {
    operationType: info.operationType,
    subType: info.subType,
    identifier,
    friendlyName: info.friendlyName,
    jobIds: info.jobIds,
    taskStatus: info.taskStatus,
    lastSuccessJobIds: succeeded ? [...info.jobIds] : (before?.lastSuccessJobIds ?? []),
    endTimestamp: info.endTimestamp,
    lastSuccessfulTimestamp: succeeded ? info.endTimestamp : (before?.lastSuccessfulTimestamp ?? null),
    ciError: info.ciError,
    ciErrors: info.ciErrors,
    additionalInfo: info.additionalInfo,
    selectionReason: { code: 'requested', details: '' },
  });
}

/** An object that was removed while its job ran is ignored. */
function refreshObject(instance: Instance, { info, identifier }: WorkflowTask, move: TaskMove, ports: Ports): void {
  if (info.operationType === 'ingestion') {
    const dataSource = instance.dataSources.find(({ dataSourceId }) => dataSourceId === identifier);
    if (dataSource !== undefined) updateFromIngestion(dataSource, move.status, info.endTimestamp);
  }
  if (info.operationType === 'segmentation') {
    const segment = instance.segments.find(({ name }) => name === identifier);
    const outcome = segment && segmentOutcome(move, segment);
    if (segment?.state === 'active' && outcome !== undefined) evaluateSegment(segment, outcome, ports);
  }
  if (info.operationType === 'measures') {
    const measure = instance.measures.find(({ name }) => name === identifier);
    const outcome = measureOutcome(move);
    if (measure !== undefined && outcome !== undefined && !instance.inactiveMeasures.has(measure.name)) {
      evaluateMeasure(instance, measure, outcome, ports);
    }
  }
}

function segmentOutcome(move: TaskMove, segment: SegmentMetadata): SegmentOutcome | undefined {
  switch (move.status) {
    case 'successful':
      return { kind: 'succeeded', memberCount: move.memberCount ?? memberCountOf(segment) };
    case 'aborted':
      // A task that was cancelled while it waited has evaluated nothing.
      return segment.evaluationStatus.jobStatus === 'Running' ? { kind: 'cancelled' } : undefined;
    case 'running':
    case 'failed':
    case 'timedOut':
    case 'queued':
    case 'needsUpdate':
    case 'deleted':
    case 'skipped':
      return runningOrFailed(move);
    default:
      return unreachable(move.status);
  }
}

function measureOutcome(move: TaskMove): MeasureOutcome | undefined {
  switch (move.status) {
    case 'successful':
      return { kind: 'succeeded', ...(move.value !== undefined && { value: move.value }) };
    case 'aborted':
      return { kind: 'cancelled' };
    case 'running':
    case 'failed':
    case 'timedOut':
    case 'queued':
    case 'needsUpdate':
    case 'deleted':
    case 'skipped':
      return runningOrFailed(move);
    default:
      return unreachable(move.status);
  }
}

function runningOrFailed({ status, error }: TaskMove): (SegmentOutcome & MeasureOutcome) | undefined {
  if (status === 'running') return { kind: 'running' };
  if (status === 'failed' || status === 'timedOut') return { kind: 'failed', ...(error !== undefined && { error }) };
  return undefined;
}

/** Error codes are the `StringInfo` keys of the generated clients. */
function failureOf({ info }: WorkflowTask, { status, error }: TaskMove): CIResult {
  const errorCode =
    {
      ingestion: status === 'timedOut' ? 'dataSourceRefreshTimeout' : 'datasourceIngestionUnexpectedError',
      match: 'matchMergeOrchestrationFailed',
      merge: 'matchMergeOrchestrationFailed',
      segmentation: 'segmentEvaluationOrchestrationFailed',
      measures: 'measuresProcessingOrchestrationFailed',
    }[info.operationType] ?? 'apiInternalError';
  return {
    exceptionCulprit: 'system',
    errorCode,
    resultSeverity: 'error',
    message:
      error ?? `${info.friendlyName}: the ${info.operationType} ${status === 'timedOut' ? 'timed out' : 'failed'}.`,
    name: errorCode,
    params: {},
    ciResults: [],
  };
}
