import type { Job } from '../insights/customer-insights.ts';
import { handledKey } from './handled-refreshes.ts';
import { isFailure, isFinal, isFinished } from './refresh-end.ts';
import { jobsById, tasksOf, type RefreshReading } from './refresh-reading.ts';
import { isAfterProcessed, type OpenJob, type RefreshState } from './refresh-state.ts';
import { kindOf } from './task-kind.ts';

/**
 * Maximum number of open jobs (jobs that had not ended when last read) that are remembered. Their
 * ids fit into a stored string of 32,000 characters.
 */
export const MAX_OPEN = 300;
/** A job that has been open for longer is abandoned, which means that it is not read again. */
export const OPEN_FOR_MS = 14 * 24 * 3600 * 1000;

/**
 * Returns the open jobs to read again by id, and the jobs that are abandoned. Jobs that this poll
 * did not read come first, so that a fixed number of reads per poll reaches all jobs in turn. A job
 * whose read failed comes last, so that it does not keep others from being read.
 */
export function nextOpen(
  state: RefreshState,
  reading: RefreshReading,
  nowMs: number,
): { readonly open: readonly OpenJob[]; readonly abandonedJobs: readonly string[] } {
  const owners = jobsById(reading.jobs);
  const since = new Map(state.open.map(({ jobId, sinceMs }) => [jobId, sinceMs ?? nowMs]));
  // The next poll reads the jobs that this one did not read.
  const unread = [...since.keys(), ...historyJobs(state, reading)].filter(
    (jobId) => !owners.has(jobId) && !reading.missing.has(jobId),
  );
  const isOpen = new Set(openJobs(reading, owners).filter((jobId) => !state.handled.has(handledKey(jobId))));
  const readAgain = [...since.keys()].filter((jobId) => isOpen.has(jobId));
  const next = new Set([...unread, ...readAgain, ...isOpen]);
  const failed = [...next].filter((jobId) => reading.failed?.has(jobId));
  for (const jobId of failed) next.delete(jobId);
  const ordered = [...next, ...failed].map((jobId) => ({
    jobId,
    sinceMs: since.get(jobId) ?? nowMs,
  }));
  const isAbandoned = ({ sinceMs }: { sinceMs: number }): boolean => nowMs - sinceMs > OPEN_FOR_MS;
  const open = ordered.filter((job) => !isAbandoned(job));
  const excess = open.toSorted((a, b) => a.sinceMs - b.sinceMs).slice(0, Math.max(0, open.length - MAX_OPEN));
  return {
    open: open.filter((job) => !excess.includes(job)),
    abandonedJobs: [...ordered.filter(isAbandoned), ...excess].map(({ jobId }) => jobId),
  };
}

/**
 * The ids of the open jobs in a reading, and of the jobs that own a failed task and were not read,
 * because Customer Insights may retry the task in them. `owners` are the jobs of the reading by id.
 */
export function openJobs(reading: RefreshReading, owners: ReadonlyMap<string, Job>): string[] {
  const open = new Set<string>();
  for (const job of reading.jobs) if (!isFinal(job)) open.add(job.jobId);
  for (const task of tasksOf(reading)) {
    if (kindOf(task) === undefined || !isFailure(task) || isFinished(task, owners, reading.missing)) continue;
    for (const id of task.jobIds) if (!owners.has(id) && !reading.missing.has(id)) open.add(id);
  }
  return [...open];
}

/**
 * The unprocessed jobs that own recent tasks in the task history (the list of finished tasks).
 * These jobs may have ended without being on the page of recent jobs.
 */
export function historyJobs(state: RefreshState, reading: RefreshReading): string[] {
  const recent = reading.tasks.filter(
    (task) => task.endedAt === undefined || isAfterProcessed(state, Date.parse(task.endedAt)),
  );
  return [...new Set(recent.flatMap(({ jobIds }) => jobIds))].filter((jobId) => !state.handled.has(handledKey(jobId)));
}
