import { RefusedError } from './refused-error.ts';
import type { GraphJobInfo, WorkflowStatus } from './documented-shapes.ts';
import type { Instance, WorkflowTask } from './instance.ts';
import { planTasks } from './job-plan.ts';
import type { PlannedTask } from './job-plan.ts';
import { instantAfter, newGuid } from './ports.ts';
import type { Ports } from './ports.ts';
import { moveTask } from './tasks.ts';

/**
 * Jobs kept per instance. Older jobs are dropped, with the tasks that no other job owns. The number
 * that the service keeps is not documented.
 */
export const keptJobs = 500;

export interface JobRequest {
  readonly operationType: string;
  /**
   * The objects of the job: data source ids, segment names or measure names. When empty, all
   * objects of the operation.
   */
  readonly identifiers?: readonly string[];
  readonly submission: GraphJobInfo['jobSubmissionKind'];
  readonly jobType?: GraphJobInfo['jobType'];
  readonly forceRun?: boolean;
  readonly runDownstreamAfterMerge?: boolean;
  /** Whether the job waits: the job and its tasks stay queued until they are moved. */
  readonly queued?: boolean;
}

/**
 * Starts a job. Its first tasks run, and tasks that depend on them are queued. A task that another
 * open job already has for the same object is shared. Throws `RefusedError`: 404 for an unknown
 * identifier, 409 for a schedule on an instance of type sandbox, which has none
 * (learn.microsoft.com/dynamics365/customer-insights/data/create-environment).
 */
export function startJob(instance: Instance, request: JobRequest, ports: Ports): GraphJobInfo {
  if (request.submission === 'scheduled' && instance.metadata.instanceType === 'sandbox') {
    throw new RefusedError(409, 'An instance of type sandbox has no scheduled refresh.');
  }
  const identifiers = request.identifiers ?? [];
  const runDownstreamAfterMerge = request.runDownstreamAfterMerge ?? false;
  const plan = planTasks(instance, { operationType: request.operationType, identifiers, runDownstreamAfterMerge });
  const unknown = identifiers.find((identifier) => !plan.some((task) => task.identifier === identifier));
  if (unknown !== undefined) throw new RefusedError(404, `There is no object '${unknown}' to refresh.`);

  const job: GraphJobInfo = {
    jobId: newGuid(ports.random),
    jobType: request.jobType ?? 'full',
    jobSubmissionKind: request.submission,
    jobStatus: request.queued === true ? 'queued' : 'running',
    operationType: request.operationType,
    subType: 'noSubType',
    endTimestamp: null,
    shouldForceRunRequestedNodes: request.forceRun ?? false,
    idList: [...identifiers],
    options: { runDownstreamAfterMerge },
    submittedTimestamp: instantAfter(ports.clock, instance.jobs[0]?.submittedTimestamp ?? null),
  };
  instance.jobs.unshift(job);
  const firstStage = Math.min(...plan.map(({ stage }) => stage));
  for (const planned of plan) {
    const runs = planned.stage === firstStage && request.queued !== true;
    if (!shareOpenTask(instance, job, planned)) addTask(instance, job, planned, runs, ports);
  }
  dropOldJobs(instance);
  return job;
}

/** The job with that id. Throws `RefusedError` (404) when there is none. */
export function findJob(instance: Instance, jobId: string): GraphJobInfo {
  const job = instance.jobs.find((candidate) => candidate.jobId === jobId);
  if (job === undefined) throw new RefusedError(404, `There is no job ${jobId}.`);
  return job;
}

/** The tasks of a job, in the planned order. */
export function tasksOf(instance: Instance, jobId: string): WorkflowTask[] {
  return instance.tasks.filter(({ info }) => info.jobIds.includes(jobId)).reverse();
}

/** Whether a job or task with this status has ended. Only a retry of the task could change it. */
export function isFinal(status: WorkflowStatus): boolean {
  return status !== 'queued' && status !== 'needsUpdate' && status !== 'running';
}

/**
 * Ends a job. Its running tasks get the same status. Its queued tasks do too, but after a failure
 * they are skipped. Tasks that another open job owns too continue. Throws `RefusedError` (409) when
 * the job has already ended.
 */
export function endJob(instance: Instance, job: GraphJobInfo, status: WorkflowStatus, ports: Ports): void {
  if (isFinal(job.jobStatus)) throw new RefusedError(409, `The job ${job.jobId} has ended: ${job.jobStatus}.`);
  const failure = status === 'failed' || status === 'timedOut';
  for (const task of tasksOf(instance, job.jobId)) {
    const { taskStatus, jobIds } = task.info;
    const shared = instance.jobs.some(
      (other) => other !== job && jobIds.includes(other.jobId) && !isFinal(other.jobStatus),
    );
    if (isFinal(taskStatus) || shared) continue;
    moveTask(instance, task, { status: failure && taskStatus === 'queued' ? 'skipped' : status }, ports);
  }
  job.jobStatus = status;
  job.endTimestamp = instantAfter(ports.clock, job.submittedTimestamp);
}

function shareOpenTask(instance: Instance, job: GraphJobInfo, planned: PlannedTask): boolean {
  const open = instance.tasks.find(
    ({ info, identifier }) =>
      info.operationType === planned.operationType && identifier === planned.identifier && !isFinal(info.taskStatus),
  );
  open?.info.jobIds.push(job.jobId);
  return open !== undefined;
}

function addTask(instance: Instance, job: GraphJobInfo, planned: PlannedTask, runs: boolean, ports: Ports): void {
  const waitingFor = tasksOf(instance, job.jobId).filter(({ stage }) => stage < planned.stage);
  const task: WorkflowTask = {
    identifier: planned.identifier,
    stage: planned.stage,
    info: {
      taskId: newGuid(ports.random),
      taskStatus: 'queued',
      operationType: planned.operationType,
      subType: 'noSubType',
      jobIds: [job.jobId],
      friendlyName: planned.friendlyName,
      endTimestamp: null,
      ciError: null,
      ciErrors: [],
      waitingTaskIds: waitingFor.map(({ info }) => info.taskId),
      additionalInfo: null,
      submittedTimestamp: job.submittedTimestamp,
    },
  };
  instance.tasks.unshift(task);
  moveTask(instance, task, { status: planned.inactive ? 'skipped' : runs ? 'running' : 'queued' }, ports);
}

function dropOldJobs(instance: Instance): void {
  const dropped = instance.jobs.splice(keptJobs);
  if (dropped.length === 0) return;
  const known = new Set(instance.jobs.map(({ jobId }) => jobId));
  const kept = instance.tasks.filter(({ info }) => info.jobIds.some((jobId) => known.has(jobId)));
  instance.tasks.splice(0, instance.tasks.length, ...kept);
}
