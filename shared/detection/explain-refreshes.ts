import type { Job, Task } from '../insights/customer-insights.ts';
import { knownStatus, type KnownStatus } from '../insights/status-words.ts';
import { startedByOf, type StartedBy } from '../triggers/started-by.ts';
import { ANY_SUBJECT, type Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { dataSourceOf, type DataSourceNames } from './data-source-names.ts';
import type { ValueTrigger } from './instance-state.ts';
import { endOf, endOfTask, isFinal, jobsById, tasksOf } from './refresh-detection.ts';

/** A trigger that waits for a refresh. */
export type RefreshTrigger = Exclude<Trigger, ValueTrigger>;

/** A refresh that ended and fires nothing for a subscription, with why. */
export interface UnawaitedRefresh {
  readonly endedAtMs: number;
  /** Such as `refresh of CRM ended successful: this flow waits for failed ones`. */
  readonly sentence: string;
}

/**
 * The refreshes among jobs that ended, are of the process that a subscription waits for, and yet fire nothing for it, each with why.
 * Those of other data sources are nothing to it. Newest first. Pure.
 */
export function explainRefreshes(
  { trigger, subject }: { readonly trigger: RefreshTrigger; readonly subject: string },
  jobs: readonly Job[],
  names: DataSourceNames,
): UnawaitedRefresh[] {
  const owners = jobsById(jobs);
  const ended = tasksOf({ jobs, tasks: [] }).filter(isFinal);
  const ofTask = (task: Task, what: string, why: string | undefined): UnawaitedRefresh[] =>
    explained(endOfTask(task, owners), what, task.status, isTriedAgain(task, owners) ? 'it may be tried again' : why);
  const ofJobs = (operationType: string, what: string, whyOf: (job: Job) => string | undefined): UnawaitedRefresh[] =>
    jobs
      .filter((job) => job.operationType === operationType && isFinal(job))
      .flatMap((job) => explained(endOf(job), what, job.status, whyOf(job)));
  const all = (): UnawaitedRefresh[] => {
    switch (trigger) {
      case 'data-source-refresh-failed':
      case 'data-source-refresh-succeeded':
        return ended.filter(isOf('ingestion')).flatMap((task) => {
          const own = task.jobIds.flatMap((id) => owners.get(id) ?? []);
          const source = dataSourceOf(task, own, names);
          if (subject !== ANY_SUBJECT && source?.dataSourceId.toLowerCase() !== subject) return [];
          const what = `refresh of ${source?.name ?? task.friendlyName ?? 'a data source'}`;
          return ofTask(task, what, whyNoneOf(task.status) ?? whyOther(trigger, task.status));
        });
      case 'unification-refresh-completed':
        return [
          ...ended.filter(isOf('merge')).flatMap((task) => ofTask(task, 'unification', whyNoneOf(task.status))),
          ...ofJobs('match', 'matching alone', () => 'without a merge it is no unification'),
        ];
      case 'full-refresh-completed':
        return ofJobs(
          'all',
          'full refresh',
          ({ submissionKind, status }) => whyNoneOf(status) ?? whyNotStartedBy(startedByOf(subject), submissionKind),
        );
      default:
        return unreachable(trigger);
    }
  };
  return all().sort((one, other) => other.endedAtMs - one.endedAtMs);
}

function isOf(operationType: string): (task: Task) => boolean {
  return (task) => task.operationType === operationType;
}

/** A failed task is told when no job is left that could try it again. */
function isTriedAgain({ status, jobIds }: Task, owners: ReadonlyMap<string, Job>): boolean {
  if (knownStatus(status) === 'successful') return false;
  return jobIds.flatMap((id) => owners.get(id) ?? []).some((job) => !isFinal(job));
}

const ends: ReadonlyMap<KnownStatus | undefined, string> = new Map([
  ['successful', 'ended successful'],
  ['failed', 'ended failed'],
  ['timedout', 'timed out'],
]);

/** Skipped, aborted and deleted ones tell nobody anything. */
function whyNoneOf(status: string): string | undefined {
  return ends.has(knownStatus(status)) ? undefined : 'that fires nothing';
}

function whyNotStartedBy(startedBy: StartedBy, submissionKind: string): string | undefined {
  const isScheduled = submissionKind === 'scheduled';
  if (startedBy === 'any' || isScheduled === (startedBy === 'schedule')) return undefined;
  return isScheduled
    ? 'a schedule started it, and this flow waits for those of users'
    : 'a user started it, and this flow waits for those of a schedule';
}

function whyOther(trigger: RefreshTrigger, status: string): string | undefined {
  const isSuccess = knownStatus(status) === 'successful';
  if (isSuccess === (trigger === 'data-source-refresh-succeeded')) return undefined;
  return `this flow waits for ${isSuccess ? 'failed' : 'successful'} ones`;
}

function explained(endedAtMs: number, what: string, status: string, why: string | undefined): UnawaitedRefresh[] {
  if (why === undefined) return [];
  const known = knownStatus(status);
  const how = ends.get(known) ?? (known === undefined ? `ended with the unknown status "${status}"` : `was ${known}`);
  return [{ endedAtMs, sentence: `${what} ${how}: ${why}` }];
}
