import type { CustomerInsightsError, Job, Task } from '../insights/customer-insights.ts';
import type { ListedNames } from './data-source-names.ts';

/** What one poll read about jobs and tasks. */
export interface RefreshReading {
  /** The page of recent jobs and the jobs that were read by id. */
  readonly jobs: readonly Job[];
  /** The tasks in the task history. Empty when it was not read. */
  readonly tasks: readonly Task[];
  /** Ids of jobs that do not exist or no longer exist. */
  readonly missing: ReadonlySet<string>;
  /** The job whose read by id failed and ended the reading. */
  readonly failedId?: string | undefined;
}

/** A reading with the names of the instance's data sources. */
export interface NamedReading extends RefreshReading {
  readonly names: ListedNames;
  /** Whether the task history was read, or failed for a reason other than missing call permits. */
  readonly historyRead: boolean;
  /** Why not all jobs were read by id that should have been. */
  readonly failure?: CustomerInsightsError;
}

/**
 * Every task of the reading, once. Its `jobIds` are those of all jobs that it names or that contain
 * it.
 */
export function tasksOf(reading: Pick<RefreshReading, 'jobs' | 'tasks'>): Task[] {
  const byId = new Map<string, Task>();
  const add = (task: Task, jobIds: readonly string[]): void => {
    const known = byId.get(task.taskId);
    byId.set(task.taskId, { ...task, jobIds: [...new Set([...(known?.jobIds ?? []), ...task.jobIds, ...jobIds])] });
  };
  for (const task of reading.tasks) add(task, []);
  for (const job of reading.jobs) for (const task of job.tasks) add(task, [job.jobId]);
  return [...byId.values()];
}

/** Jobs by id. If a job was read several times, the last reading counts. */
export function jobsById(jobs: readonly Job[]): Map<string, Job> {
  return new Map(jobs.map((job) => [job.jobId, job]));
}
