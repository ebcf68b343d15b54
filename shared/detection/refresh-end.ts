import type { Job, Task } from '../insights/customer-insights.ts';
import { knownStatus, type KnownStatus } from '../insights/status-words.ts';

/** The statuses of jobs and tasks that have not ended. */
const openStatuses: ReadonlySet<KnownStatus> = new Set(['queued', 'needsupdate', 'running'] as const);

/**
 * Whether a job or task has ended. One with an unknown status has ended when it has an end time.
 */
export function isFinal({ status, endedAt }: Pick<Job | Task, 'status' | 'endedAt'>): boolean {
  const known = knownStatus(status);
  return known === undefined ? endedAt !== undefined : !openStatuses.has(known);
}

/**
 * When a task ended, ms since the epoch. A task without an end time ended with the last of the jobs
 * that own it. `owners` are the jobs that were read, by id. 0 when neither has an end time.
 */
export function endOfTask(task: Task, owners: ReadonlyMap<string, Job>): number {
  if (task.endedAt !== undefined) return Date.parse(task.endedAt);
  return Math.max(0, ...task.jobIds.map((id) => owners.get(id)).map((job) => (job ? endOf(job) : 0)));
}

/**
 * When a job ended, ms since the epoch. A job without an end time counts as ended when it was
 * submitted.
 */
export function endOf(job: Job): number {
  return Date.parse(job.endedAt ?? job.submittedAt ?? '1970-01-01T00:00:00.000Z');
}

/** Whether a task failed or timed out. */
export function isFailure({ status }: Task): boolean {
  const known = knownStatus(status);
  return known === 'failed' || known === 'timedout';
}

/**
 * Whether a task cannot change any more: it succeeded, or it ended in another way and every job
 * that owns it, and could retry it, has ended too. A job in `missing` no longer exists.
 */
export function isFinished(task: Task, owners: ReadonlyMap<string, Job>, missing: ReadonlySet<string>): boolean {
  if (knownStatus(task.status) === 'successful') return true;
  if (!isFinal(task)) return false;
  return task.jobIds.every((id) => missing.has(id) || isFinalOwner(owners.get(id)));
}

function isFinalOwner(job: Job | undefined): boolean {
  return job !== undefined && isFinal(job);
}
