import type { Job, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { anomaly, type LoggedAnomalies, type Anomaly } from './anomaly.ts';
import type { ValueReading } from './readings.ts';
import type { RefreshState } from './refresh-state.ts';
import type { ValueState } from './value-observation.ts';

/**
 * How far an instant from Customer Insights may be ahead of this process's clock. A local time that
 * was written as UTC is at most 14 hours ahead, and the clock may be wrong by hours.
 */
export const FUTURE_ALLOWANCE_MS = 24 * 3600 * 1000;

/** Whether an instant is so far in the future that it must be wrong. */
export function isTooFarAhead(instantMs: number, nowMs: number): boolean {
  return instantMs > nowMs + FUTURE_ALLOWANCE_MS;
}

/**
 * Removes or corrects implausible instants. Collects implausible instants and unknown statuses as
 * anomalies, which are logged.
 */
export interface PlausibilityFilter {
  readonly anomalies: readonly Anomaly[];
  /**
   * Removes the evaluations of a segment or measure that are too far in the future. An evaluation
   * that was removed once is removed until its instant has passed.
   */
  value(source: Source, name: string, read: ValueReading): ValueReading;
  job(job: Job): Job;
  task(task: Task): Task;
}

/**
 * Makes a filter for one reading. An evaluation is new if it is later than the last one, so an
 * evaluation in the future would hide all evaluations until then. It is removed. Jobs and tasks are
 * identified by id, so a job or task that ends in the future is kept, and its end is set to now.
 */
export function plausibilityFilter(nowMs: number, loggedAnomalies: LoggedAnomalies): PlausibilityFilter {
  const anomalies = new Map<string, Anomaly>();
  const record = (found: Anomaly): void => void anomalies.set(found.key, found);
  const recordInstant = (subject: string, instant: string): void =>
    record(anomaly('jobs', 'insights.instant-in-future', { what: subject, instant }));
  // A missing status is an empty text in the log and in the anomaly's key.
  const recordStatus = (source: Source, subject: string, status = ''): void =>
    record(anomaly(source, 'insights.status-unknown', { what: subject, status }));
  const checkStatus = (subject: string, { status, endedAt, writtenStatus }: Job | Task): void => {
    if (endedAt !== undefined && knownStatus(status) === undefined)
      recordStatus('jobs', subject, writtenStatus ?? status);
  };
  const ended = (subject: string, instant: string | undefined): string | undefined => {
    if (instant === undefined || !isTooFarAhead(Date.parse(instant), nowMs)) return instant;
    recordInstant(subject, instant);
    return new Date(nowMs).toISOString();
  };
  const submitted = (subject: string, instant: string | undefined): string | undefined => {
    if (instant === undefined || !isTooFarAhead(Date.parse(instant), nowMs)) return instant;
    recordInstant(subject, instant);
    return undefined;
  };
  const plausibleTask = (task: Task): Task => {
    checkStatus('task', task);
    const subject = `task ${task.taskId}`;
    return { ...task, endedAt: ended(subject, task.endedAt), submittedAt: submitted(subject, task.submittedAt) };
  };
  return {
    get anomalies() {
      return [...anomalies.values()];
    },
    value(source, name, read) {
      for (const status of read.unknownStatuses) recordStatus(source, name, status);
      const evaluations = read.evaluations.filter(({ evaluatedAtMs }) => {
        if (evaluatedAtMs <= nowMs) return true;
        const instant = new Date(evaluatedAtMs).toISOString();
        const found = anomaly(source, 'insights.instant-in-future', { what: name, instant });
        if (!isTooFarAhead(evaluatedAtMs, nowMs) && !loggedAnomalies[source]?.includes(found.key)) return true;
        record(found);
        return false;
      });
      return { ...read, evaluations };
    },
    job(job) {
      checkStatus('job', job);
      const subject = `job ${job.jobId}`;
      const tasks = job.tasks.map(plausibleTask);
      return { ...job, endedAt: ended(subject, job.endedAt), submittedAt: submitted(subject, job.submittedAt), tasks };
    },
    task: plausibleTask,
  };
}

/**
 * Discards a last observation in the far future, which earlier versions could store. The next
 * reading is then a baseline.
 */
export function plausibleValue<S extends ValueState>(state: S, nowMs: number): S {
  return state.last !== undefined && isTooFarAhead(state.last.evaluatedAtMs, nowMs)
    ? { ...state, last: undefined }
    : state;
}

/**
 * Replaces a `processedUntilMs` in the far future, which earlier versions could store, by the
 * current time, so that refreshes that end from now on are detected.
 */
export function plausibleRefreshes<S extends RefreshState>(state: S, nowMs: number): S {
  const { processedUntilMs } = state;
  return processedUntilMs !== undefined && isTooFarAhead(processedUntilMs, nowMs)
    ? { ...state, processedUntilMs: nowMs }
    : state;
}
