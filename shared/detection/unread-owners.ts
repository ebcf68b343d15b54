import { handledKey } from './handled-refreshes.ts';
import { historyJobs } from './open-jobs.ts';
import { endOfTask, isFailure } from './refresh-end.ts';
import { jobsById, tasksOf, type RefreshReading } from './refresh-reading.ts';
import { isAfterProcessed, type RefreshState } from './refresh-state.ts';
import { kindOf } from './task-kind.ts';

/** Maximum number of jobs that one poll reads by id. Later polls read the others. */
export const MAX_JOB_READS = 10;

/**
 * The ids of the jobs to read by id: open jobs (those that had not ended when last read), jobs that
 * own a failed task, and jobs that own recent tasks in the task history (the list of finished
 * tasks), unless the reading already contains them. Jobs that have not been read for the longest
 * time come first.
 */
export function unreadOwners(state: RefreshState, reading: RefreshReading): string[] {
  const owners = jobsById(reading.jobs);
  const unread = new Set<string>(state.open.map(({ jobId }) => jobId));
  for (const task of tasksOf(reading)) {
    if (kindOf(task) === undefined || !isFailure(task) || state.handled.has(handledKey(task.taskId))) continue;
    if (!isAfterProcessed(state, endOfTask(task, owners))) continue;
    for (const jobId of task.jobIds) if (!state.handled.has(handledKey(jobId))) unread.add(jobId);
  }
  for (const jobId of historyJobs(state, reading)) unread.add(jobId);
  return [...unread].filter((jobId) => !owners.has(jobId) && !reading.missing.has(jobId));
}
