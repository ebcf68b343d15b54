import type { Job, Task } from '../insights/customer-insights.ts';
import { knownStatus, type KnownStatus } from '../insights/status-words.ts';
import { ANY_SUBJECT } from '../triggers/any-subject.ts';
import { startedByOf, type StartedBy } from '../triggers/started-by.ts';
import type { RefreshTrigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { dataSourceOf, type DataSourceNames } from './data-source-names.ts';
import { endOf, endOfTask, isFinal } from './refresh-end.ts';
import { jobsById, tasksOf } from './refresh-reading.ts';

/** A refresh that ended and fired nothing for a subscription, with the reason. */
export interface NonFiringRefresh {
  readonly endedAtMs: number;
  /** Such as `refresh of CRM succeeded: this flow waits for failed ones`. */
  readonly sentence: string;
}

/**
 * Finds the refreshes that have ended and fired nothing for a subscription, with the reason for
 * each. Only refreshes of the kind that the subscription's trigger is about are considered, and
 * those of other data sources are left out. Newest first. Pure.
 */
export function explainRefreshes(
  { trigger, subject }: { readonly trigger: RefreshTrigger; readonly subject: string },
  jobs: readonly Job[],
  names: DataSourceNames,
): NonFiringRefresh[] {
  const owners = jobsById(jobs);
  const ended = tasksOf({ jobs, tasks: [] }).filter(isFinal);
  const ofTask = (task: Task, description: string, reason: string | undefined): NonFiringRefresh[] =>
    explained(
      endOfTask(task, owners),
      description,
      task.status,
      mayBeRetried(task, owners) ? 'Customer Insights may retry it' : reason,
    );
  const ofJobs = (
    operationType: string,
    description: string,
    reasonOf: (job: Job) => string | undefined,
  ): NonFiringRefresh[] =>
    jobs
      .filter((job) => job.operationType === operationType && isFinal(job))
      .flatMap((job) => explained(endOf(job), description, job.status, reasonOf(job)));
  const all = (): NonFiringRefresh[] => {
    switch (trigger) {
      case 'data-source-refresh-failed':
      case 'data-source-refresh-succeeded':
        return ended.filter(hasOperationType('ingestion')).flatMap((task) => {
          const taskJobs = task.jobIds.flatMap((id) => owners.get(id) ?? []);
          const source = dataSourceOf(task, taskJobs, names);
          if (subject !== ANY_SUBJECT && source?.dataSourceId.toLowerCase() !== subject) return [];
          const description = `refresh of ${source?.name ?? task.friendlyName ?? 'a data source'}`;
          return ofTask(task, description, reasonOfStatus(task.status) ?? reasonOfTrigger(trigger, task.status));
        });
      case 'unification-refresh-completed':
        // Unification matches profiles and then merges them. The merge is what fires the trigger.
        return [
          ...ended
            .filter(hasOperationType('merge'))
            .flatMap((task) => ofTask(task, 'unification', reasonOfStatus(task.status))),
          ...ofJobs('match', 'match-only run', () => 'a run without a merge is not a unification'),
        ];
      case 'full-refresh-completed':
        return ofJobs(
          'all',
          'full refresh',
          ({ submissionKind, status }) => reasonOfStatus(status) ?? reasonOfStart(startedByOf(subject), submissionKind),
        );
      default:
        return unreachable(trigger);
    }
  };
  return all().sort((a, b) => b.endedAtMs - a.endedAtMs);
}

function hasOperationType(operationType: string): (task: Task) => boolean {
  return (task) => task.operationType === operationType;
}

/** Whether an open job can retry the task. A failed task fires only when none can. */
function mayBeRetried({ status, jobIds }: Task, owners: ReadonlyMap<string, Job>): boolean {
  if (knownStatus(status) === 'successful') return false;
  return jobIds.flatMap((id) => owners.get(id) ?? []).some((job) => !isFinal(job));
}

const endings: ReadonlyMap<KnownStatus | undefined, string> = new Map([
  ['successful', 'succeeded'],
  ['failed', 'failed'],
  ['timedout', 'timed out'],
]);

/** Skipped, aborted and deleted refreshes fire nothing. */
function reasonOfStatus(status: string | undefined): string | undefined {
  return endings.has(knownStatus(status)) ? undefined : 'that fires nothing';
}

function reasonOfStart(startedBy: StartedBy, submissionKind: string | undefined): string | undefined {
  const isScheduled = submissionKind === 'scheduled';
  if (startedBy === 'any' || isScheduled === (startedBy === 'schedule')) return undefined;
  return isScheduled
    ? 'a schedule started it, and this flow waits for those that a user starts'
    : 'a user started it, and this flow waits for those that a schedule starts';
}

function reasonOfTrigger(trigger: RefreshTrigger, status: string | undefined): string | undefined {
  const isSuccess = knownStatus(status) === 'successful';
  if (isSuccess === (trigger === 'data-source-refresh-succeeded')) return undefined;
  return `this flow waits for ${isSuccess ? 'failed' : 'successful'} ones`;
}

function explained(
  endedAtMs: number,
  description: string,
  status: string | undefined,
  reason: string | undefined,
): NonFiringRefresh[] {
  if (reason === undefined) return [];
  const known = knownStatus(status);
  const ending =
    endings.get(known) ?? (known === undefined ? `ended with the unknown status "${status ?? ''}"` : `was ${known}`);
  return [{ endedAtMs, sentence: `${description} ${ending}: ${reason}` }];
}
