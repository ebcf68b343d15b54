import type { Job, Task } from '../insights/customer-insights.ts';
import { knownStatus } from '../insights/status-words.ts';
import type { Source } from '../triggers/trigger.ts';
import { anomaly, type Noted, type Anomaly } from './anomaly.ts';
import type { ReadValue } from './readings.ts';
import type { RefreshState } from './refresh-detection.ts';
import type { ValueState } from './value-observation.ts';

/**
 * How far ahead of our clock an instant of Customer Insights may lie and still be believed. A local time that is written as UTC is 14 hours
 * ahead at most, and our own clock may be wrong by hours.
 */
export const FUTURE_ALLOWANCE_MS = 24 * 3600 * 1000;

/** Whether an instant lies so far ahead that the clock which wrote it is broken. */
export function isTooFarAhead(instantMs: number, nowMs: number): boolean {
  return instantMs > nowMs + FUTURE_ALLOWANCE_MS;
}

/** Drops instants that are not believed, and collects what was dropped, and words that nobody knows. */
export interface PlausibilityFilter {
  readonly oddities: readonly Anomaly[];
  /** The evaluations of a segment or measure that are believed. What was noted stays unbelieved until its instant has passed. */
  value(source: Source, name: string, read: ReadValue): ReadValue;
  job(job: Job): Job;
  task(task: Task): Task;
}

/**
 * Evaluations are known by their instant, so one from the future would hide all that come before it: it is no observation. Jobs and tasks are
 * known by id: one that is said to end in the future has ended now.
 */
export function plausibilityFilter(nowMs: number, noted: Noted): PlausibilityFilter {
  const oddities = new Map<string, Anomaly>();
  const note = (found: Anomaly): void => void oddities.set(found.key, found);
  const noteInstant = (what: string, instant: string): void =>
    note(anomaly('jobs', 'insights.instant-in-future', { what, instant }));
  const noteStatus = (source: Source, what: string, status: string): void =>
    note(anomaly(source, 'insights.status-unknown', { what, status }));
  const checkStatus = (what: string, { status, endedAt, writtenStatus }: Job | Task): void => {
    if (endedAt !== undefined && knownStatus(status) === undefined) noteStatus('jobs', what, writtenStatus ?? status);
  };
  const ended = (what: string, instant: string | undefined): string | undefined => {
    if (instant === undefined || !isTooFarAhead(Date.parse(instant), nowMs)) return instant;
    noteInstant(what, instant);
    return new Date(nowMs).toISOString();
  };
  const submitted = (what: string, instant: string | undefined): string | undefined => {
    if (instant === undefined || !isTooFarAhead(Date.parse(instant), nowMs)) return instant;
    noteInstant(what, instant);
    return undefined;
  };
  const doubtTask = (task: Task): Task => {
    checkStatus('task', task);
    const what = `task ${task.taskId}`;
    return { ...task, endedAt: ended(what, task.endedAt), submittedAt: submitted(what, task.submittedAt) };
  };
  return {
    get oddities() {
      return [...oddities.values()];
    },
    value(source, name, read) {
      for (const status of read.unknownStatuses) noteStatus(source, name, status);
      const evaluations = read.evaluations.filter(({ evaluatedAtMs }) => {
        if (evaluatedAtMs <= nowMs) return true;
        const instant = new Date(evaluatedAtMs).toISOString();
        const found = anomaly(source, 'insights.instant-in-future', { what: name, instant });
        if (!isTooFarAhead(evaluatedAtMs, nowMs) && !noted[source]?.includes(found.key)) return true;
        note(found);
        return false;
      });
      return { ...read, evaluations };
    },
    job(job) {
      checkStatus('job', job);
      const what = `job ${job.jobId}`;
      const tasks = job.tasks.map(doubtTask);
      return { ...job, endedAt: ended(what, job.endedAt), submittedAt: submitted(what, job.submittedAt), tasks };
    },
    task: doubtTask,
  };
}

/** What an earlier version remembered of a future that is not believed is forgotten: the next reading is a baseline. */
export function plausibleValue<S extends ValueState>(state: S, nowMs: number): S {
  return state.last !== undefined && isTooFarAhead(state.last.evaluatedAtMs, nowMs)
    ? { ...state, last: undefined }
    : state;
}

/** The same for refreshes: nothing that is still to end is done with. */
export function plausibleRefreshes<S extends RefreshState>(state: S, nowMs: number): S {
  return isTooFarAhead(state.floorMs, nowMs) ? { ...state, floorMs: nowMs } : state;
}
