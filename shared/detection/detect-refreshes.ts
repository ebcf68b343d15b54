import type { RefreshStatus } from '../triggers/refresh-payload.ts';
import type { Job, Task } from '../insights/customer-insights.ts';
import { isCanonicalStatus, knownStatus, type KnownStatus } from '../insights/status-words.ts';
import { handledKey, newestHandled } from './handled-refreshes.ts';
import { MAX_OPEN, nextOpen, openJobs } from './open-jobs.ts';
import { endOf, endOfTask, isFailure, isFinal, isFinished } from './refresh-end.ts';
import { jobsById, tasksOf, type RefreshReading } from './refresh-reading.ts';
import { isAfterProcessed, type RefreshState } from './refresh-state.ts';
import { kindOf, type TaskKind } from './task-kind.ts';

/** A refresh that ended with a status that can fire a trigger. */
export type RefreshFact =
  | {
      readonly kind: 'job';
      readonly sequence: number;
      readonly status: RefreshStatus;
      /**
       * The status word that Customer Insights used, when it is a synonym of a canonical status.
       */
      readonly originalStatus: string | undefined;
      readonly job: Job;
    }
  | {
      readonly kind: TaskKind;
      readonly sequence: number;
      readonly status: RefreshStatus;
      readonly originalStatus: string | undefined;
      readonly task: Task;
      /** The jobs that own the task, as far as they were read. */
      readonly jobs: readonly Job[];
    };

type WithoutSequence<F> = F extends RefreshFact ? Omit<F, 'sequence'> : never;

/** Customer Insights lists a refresh within this time after its end. */
const LISTED_WITHIN_MS = 3600 * 1000;

/** The statuses with which a refresh fires a trigger, by canonical status. */
const firingStatuses: ReadonlyMap<KnownStatus | undefined, RefreshStatus> = new Map([
  ['successful', 'successful'],
  ['failed', 'failed'],
  ['timedout', 'timedOut'],
]);

/**
 * Makes the state from the first reading, the baseline. Everything that has ended counts as
 * processed. Everything that is open is remembered.
 */
export function baselineRefreshes(reading: RefreshReading, nowMs: number): RefreshState {
  const owners = jobsById(reading.jobs);
  const ended: [string, number][] = [];
  for (const job of reading.jobs) if (isFinal(job)) ended.push([handledKey(job.jobId), endOf(job)]);
  for (const task of tasksOf(reading)) {
    if (isFinished(task, owners, reading.missing)) ended.push([handledKey(task.taskId), endOfTask(task, owners)]);
  }
  const instants = ended.map(([, endedAtMs]) => endedAtMs);
  return {
    sequence: 0,
    open: openJobs(reading, owners)
      .slice(0, MAX_OPEN)
      .map((jobId) => ({ jobId, sinceMs: nowMs })),
    handled: new Map(newestHandled(ended)),
    // A later page may show older refreshes than this one, because the length of a page is not
    // documented. They count as processed if they ended before the oldest one on this page, or long
    // before the newest one. In both cases they ended before this reading. A failed task also needs
    // that its jobs have ended (see `detectRefreshes`).
    processedUntilMs:
      ended.length > 0 ? Math.max(Math.min(...instants) - 1, Math.max(...instants) - LISTED_WITHIN_MS) : undefined,
    names: new Map(),
  };
}

/**
 * Finds the refreshes that ended since the last poll. Ingestions (of data sources) and merges
 * (unifications) are identified by task, full refreshes by job. Each is reported once. A success is
 * reported immediately. A failed task is reported when every job that owns it has ended, because
 * Customer Insights retries failed tasks. The end of these jobs therefore decides whether it ended
 * since the last poll, even if the task itself failed before.
 *
 * Returns the `maxFacts` refreshes that ended first, in order of their end. The next call finds the
 * others. A job that has been open for longer than `OPEN_FOR_MS` is abandoned: it counts as
 * processed and is not read again.
 */
export function detectRefreshes(
  state: RefreshState,
  reading: RefreshReading,
  nowMs: number,
  maxFacts = Number.MAX_SAFE_INTEGER,
): { readonly state: RefreshState; readonly facts: readonly RefreshFact[] } {
  const owners = jobsById(reading.jobs);
  const wasOpen = new Set(state.open.map(({ jobId }) => jobId));
  const handled = new Map(state.handled);
  const found: { endedAtMs: number; fact: WithoutSequence<RefreshFact> }[] = [];
  const isKnown = (id: string, endedAtMs: number, jobIds: readonly string[]): boolean =>
    handled.has(handledKey(id)) || (!isAfterProcessed(state, endedAtMs) && !jobIds.some((jobId) => wasOpen.has(jobId)));
  /** Whether a job ended since the last poll, although no poll may have read it as open. */
  const hasJustEnded = (job: Job): boolean =>
    isFinal(job) && isAfterProcessed(state, endOf(job)) && !state.handled.has(handledKey(job.jobId));

  for (const task of tasksOf(reading)) {
    const kind = kindOf(task);
    const endedAtMs = endOfTask(task, owners);
    if (kind === undefined || handled.has(handledKey(task.taskId))) continue;
    const jobs = task.jobIds.flatMap((id) => owners.get(id) ?? []);
    const failsNow = isFailure(task) && jobs.some(hasJustEnded);
    if (!failsNow && isKnown(task.taskId, endedAtMs, task.jobIds)) continue;
    const status = firingStatuses.get(knownStatus(task.status));
    if (status === undefined || !isFinished(task, owners, reading.missing)) continue;
    handled.set(handledKey(task.taskId), endedAtMs);
    found.push({ endedAtMs, fact: { kind, status, originalStatus: originalOf(task), task, jobs } });
  }
  for (const job of owners.values()) {
    if (!isFinal(job) || isKnown(job.jobId, endOf(job), [job.jobId])) continue;
    handled.set(handledKey(job.jobId), endOf(job));
    const status = firingStatuses.get(knownStatus(job.status));
    if (status !== undefined && job.operationType === 'all') {
      found.push({
        endedAtMs: endOf(job),
        fact: { kind: 'job', status, originalStatus: originalOf(job), job },
      });
    }
  }
  found.sort((a, b) => a.endedAtMs - b.endedAtMs);
  // Facts beyond the limit are left for the next call. It recognises a failed task by its job.
  for (const { fact } of found.splice(maxFacts)) {
    const left = fact.kind === 'job' ? [fact.job.jobId] : [fact.task.taskId, ...fact.jobs.map(({ jobId }) => jobId)];
    for (const key of left.map(handledKey)) if (!state.handled.has(key)) handled.delete(key);
  }
  const { open, abandonedJobs } = nextOpen(state, reading, nowMs);
  for (const jobId of abandonedJobs) handled.set(handledKey(jobId), nowMs);
  const kept = newestHandled([...handled]);
  const forgotten = [...handled].filter(([key]) => !kept.has(key)).map(([, endedAtMs]) => endedAtMs);
  return {
    state: {
      sequence: state.sequence + found.length,
      open,
      handled: kept,
      processedUntilMs:
        forgotten.length === 0 ? state.processedUntilMs : Math.max(...forgotten, state.processedUntilMs ?? -Infinity),
      names: state.names,
    },
    facts: found.map(({ fact }, index) => ({ ...fact, sequence: state.sequence + index + 1 })),
  };
}

/**
 * The status word that Customer Insights used, when the public client libraries do not contain it.
 */
function originalOf({ status, writtenStatus }: Job | Task): string | undefined {
  return isCanonicalStatus(status) ? undefined : (writtenStatus ?? status);
}
