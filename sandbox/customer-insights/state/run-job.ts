import { RefusedError } from './refused-error.ts';
import type { GraphJobInfo } from './documented-shapes.ts';
import type { Instance, WorkflowTask } from './instance.ts';
import { endJob, isFinal, startJob, tasksOf } from './jobs.ts';
import { planTasks } from './job-plan.ts';
import type { PlannedTask } from './job-plan.ts';
import type { JobRequest } from './jobs.ts';
import { findMeasure, refuseValueOf } from './measures.ts';
import type { Ports } from './ports.ts';
import { findSegment } from './segments.ts';
import { moveTask } from './tasks.ts';
import type { TaskMove } from './tasks.ts';

/** How a job ends. With `open`, the job only starts and continues when its tasks are moved. */
export type JobEnd = 'successful' | 'failed' | 'timedOut' | 'aborted' | 'open';

export interface JobRun extends JobRequest {
  readonly end: JobEnd;
  /** The error message of the failing task. */
  readonly error?: string;
  /**
   * The task that fails in a job that ends failed or timed out. Without an identifier, the first
   * task of the operation fails.
   */
  readonly failsAt?: { readonly operationType: string; readonly identifier?: string };
  /** New member counts by segment name. The other segments keep their count. */
  readonly memberCounts?: Readonly<Record<string, number>>;
  /** New values by measure name. The other measures keep their value. */
  readonly measureValues?: Readonly<Record<string, number | string>>;
}

/**
 * Runs a job to its end immediately. Tasks that depend on a failed task are skipped. Tasks beside
 * or before it succeed. Throws `RefusedError` before any change: as `startJob` does, 404 when the
 * job has no task to fail at or none for one of the results, 400 for a value of a measure that has
 * no single value.
 */
export function runJob(instance: Instance, run: JobRun, ports: Ports): GraphJobInfo {
  refuseUnknownResults(instance, run);
  const failsAt = run.end === 'failed' || run.end === 'timedOut' ? failurePoint(instance, run) : undefined;
  const job = startJob(instance, run, ports);
  if (run.end === 'open') return job;
  const failing = tasksOf(instance, job.jobId).find(
    ({ info, identifier }) => info.operationType === failsAt?.operationType && identifier === failsAt.identifier,
  );
  const open = tasksOf(instance, job.jobId).filter(({ info }) => !isFinal(info.taskStatus));
  for (const task of run.end === 'aborted' ? [] : open) {
    if (task === failing) {
      moveTask(instance, task, { status: run.end, ...(run.error !== undefined && { error: run.error }) }, ports);
    } else if (failing !== undefined && task.stage > failing.stage) {
      moveTask(instance, task, { status: 'skipped' }, ports);
    } else {
      moveTask(instance, task, succeeds(task, run), ports);
    }
  }
  endJob(instance, job, run.end, ports);
  return job;
}

function refuseUnknownResults(instance: Instance, { memberCounts = {}, measureValues = {} }: JobRun): void {
  for (const name of Object.keys(memberCounts)) findSegment(instance, name);
  for (const name of Object.keys(measureValues)) refuseValueOf(findMeasure(instance, name));
}

/** Searches the plan, so that an impossible run is refused before it starts. */
function failurePoint(instance: Instance, run: JobRun): PlannedTask {
  const { operationType, identifiers = [], runDownstreamAfterMerge = false } = run;
  const at = run.failsAt ?? { operationType: operationType === 'all' ? 'merge' : operationType };
  const planned = planTasks(instance, { operationType, identifiers, runDownstreamAfterMerge }).find(
    (task) =>
      task.operationType === at.operationType &&
      !task.inactive &&
      (at.identifier === undefined || at.identifier === task.identifier),
  );
  if (planned === undefined) throw new RefusedError(404, `The job has no ${at.operationType} task to fail at.`);
  return planned;
}

function succeeds({ info, identifier }: WorkflowTask, { memberCounts, measureValues }: JobRun): TaskMove {
  const memberCount = info.operationType === 'segmentation' ? memberCounts?.[identifier ?? ''] : undefined;
  const value = info.operationType === 'measures' ? measureValues?.[identifier ?? ''] : undefined;
  return {
    status: 'successful',
    ...(memberCount !== undefined && { memberCount }),
    ...(value !== undefined && { value }),
  };
}
