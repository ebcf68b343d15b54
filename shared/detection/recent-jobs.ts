import type { Job } from '../insights/customer-insights.ts';
import { isFiringOperation } from '../triggers/trigger.ts';
import { handledKey } from './handled-refreshes.ts';
import { endOf, isFinal } from './refresh-end.ts';
import { isAfterProcessed, type RefreshState } from './refresh-state.ts';

/**
 * Whether a page of recent jobs reaches back to a job that an earlier poll read. If it does not,
 * jobs between that one and the page may have been missed. (An empty page has missed none.)
 */
export function reachesKnownJob(state: RefreshState, jobs: readonly Job[]): boolean {
  const open = new Set(state.open.map(({ jobId }) => jobId));
  return jobs.length === 0 || jobs.some(({ jobId }) => open.has(jobId) || state.handled.has(handledKey(jobId)));
}

/**
 * Whether a job that ended since the last poll is listed without tasks, although its operation type
 * (such as `ingestion`) has tasks that fire a trigger.
 */
export function lacksTasks(state: RefreshState, jobs: readonly Job[]): boolean {
  return jobs.some(
    (job) =>
      job.tasks.length === 0 &&
      isFiringOperation(job.operationType) &&
      isFinal(job) &&
      !state.handled.has(handledKey(job.jobId)) &&
      isAfterProcessed(state, endOf(job)),
  );
}
