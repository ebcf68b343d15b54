import type { CustomerInsightsError, Job, Task } from '../insights/customer-insights.ts';
import type { ListedNames } from './data-source-names.ts';

/** What one poll read about jobs and tasks. */
export interface RefreshReading {
  /** The page of recent jobs and the jobs that were read by id. */
  readonly jobs: readonly Job[];
  /** The tasks in the task history (the list of finished tasks). Empty when it was not read. */
  readonly tasks: readonly Task[];
  /** Ids of jobs that Customer Insights does not have (any more). */
  readonly missing: ReadonlySet<string>;
  /** Ids of jobs that could not be read by id. */
  readonly failed?: ReadonlySet<string>;
}

/** A reading with the names of the instance's data sources. */
export interface NamedReading extends RefreshReading {
  readonly names: ListedNames;
  /**
   * Whether the task history need not be read again before it is due: it was read, or failed for a
   * reason other than missing call permits.
   */
  readonly historyRead: boolean;
  /** Why some jobs could not be read by id. */
  readonly failure?: CustomerInsightsError;
}

/**
 * Every task of the reading, once. Its `jobIds` are the jobs that the task itself names and those
 * that list it among their tasks.
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
