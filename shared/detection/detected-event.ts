import { eventIdOf } from '../events/event-id.ts';
import type { Event, Fact } from '../events/event.ts';
import type { Task } from '../insights/customer-insights.ts';
import type { FailedTask } from '../triggers/full-refresh-completed.ts';
import type { Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { dataSourceOf, type DataSourceNames, type NamedDataSource } from './data-source-names.ts';
import type { RefreshFact } from './detect-refreshes.ts';
import type { ValueSubject } from './instance-state.ts';
import type { ValueReading } from './readings.ts';
import { isFailure } from './refresh-end.ts';
import type { Rise } from './value-observation.ts';

/** Makes the event of a segment or measure whose value rose. */
export function riseEvent(
  instanceId: string,
  subject: ValueSubject,
  read: ValueReading,
  rise: Rise,
  nowMs: number,
): Event {
  const { trigger, name } = subject;
  const evaluatedAt = iso(rise.evaluatedAtMs);
  const fact: Fact = { instanceId, trigger, subject: name, occurrence: evaluatedAt };
  const common = {
    eventId: eventIdOf(fact, rise.evaluatedAtMs, nowMs),
    instanceId,
    occurredAt: evaluatedAt,
    displayName: read.displayName,
    previousValue: rise.previousValue,
    value: rise.value,
    evaluatedAt,
  };
  switch (trigger) {
    case 'segment-threshold-crossed':
      return { ...common, trigger, segmentName: name };
    case 'measure-threshold-crossed':
      return { ...common, trigger, measureName: name };
    default:
      return unreachable(trigger);
  }
}

/**
 * Makes the event of a refresh that ended. `names` help to identify the data source of an
 * ingestion.
 */
export function refreshEvent(instanceId: string, fact: RefreshFact, names: DataSourceNames, nowMs: number): Event {
  switch (fact.kind) {
    case 'job': {
      const { job, status, originalStatus } = fact;
      const endedAt = job.endedAt ?? iso(nowMs);
      const failed = job.tasks.filter(isFailure);
      const trigger = 'full-refresh-completed' as const;
      return {
        ...eventIdentity({ instanceId, trigger, subject: undefined, occurrence: job.jobId }, endedAt, nowMs),
        trigger,
        jobId: job.jobId,
        status,
        ...(originalStatus !== undefined && { originalStatus }),
        submissionKind: job.submissionKind === 'scheduled' ? 'scheduled' : 'onDemand',
        submittedAt: job.submittedAt ?? endedAt,
        endedAt,
        ...(failed.length > 0 && { failedTaskCount: failed.length, failedTasks: failedTasks(failed) }),
      };
    }
    case 'ingestion': {
      const { task, status, originalStatus, jobs } = fact;
      const source = dataSourceOf(task, jobs, names) ?? unknownSource(task.friendlyName);
      const endedAt = task.endedAt ?? jobs[0]?.endedAt ?? iso(nowMs);
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      const identity = (trigger: Trigger) =>
        eventIdentity({ instanceId, trigger, subject: undefined, occurrence: task.taskId }, endedAt, nowMs);
      const refreshed = { dataSourceId: source.dataSourceId, dataSourceName: source.name };
      const ended = {
        ...(originalStatus !== undefined && { originalStatus }),
        endedAt,
        ...(jobId !== undefined && { jobId }),
      };
      if (status === 'successful') {
        const trigger = 'data-source-refresh-succeeded' as const;
        return { ...identity(trigger), trigger, ...refreshed, refreshStatus: status, ...ended };
      }
      const trigger = 'data-source-refresh-failed' as const;
      const failure = task.error === undefined ? {} : { errorMessage: task.error };
      return { ...identity(trigger), trigger, ...refreshed, refreshStatus: status, ...ended, ...failure };
    }
    // A unification.
    case 'merge': {
      const { task, status, originalStatus, jobs } = fact;
      const endedAt = task.endedAt ?? jobs[0]?.endedAt ?? iso(nowMs);
      const trigger = 'unification-refresh-completed' as const;
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      return {
        ...eventIdentity({ instanceId, trigger, subject: undefined, occurrence: task.taskId }, endedAt, nowMs),
        trigger,
        ...(jobId !== undefined && { jobId }),
        status,
        ...(originalStatus !== undefined && { originalStatus }),
        submissionKind: jobs.some((job) => job.submissionKind === 'scheduled') ? 'scheduled' : 'onDemand',
        endedAt,
      };
    }
    default:
      return unreachable(fact);
  }
}

/**
 * Maximum number of failed tasks in an event, and maximum length of their names. An event must fit
 * into one string column.
 */
const MAX_FAILED_TASKS = 10;
const MAX_TASK_NAME = 200;

function failedTasks(failed: readonly Task[]): FailedTask[] {
  return failed.slice(0, MAX_FAILED_TASKS).map(({ operationType = '', friendlyName = operationType, error }) => ({
    operationType,
    name: friendlyName.slice(0, MAX_TASK_NAME).toWellFormed(),
    ...(error !== undefined && { message: error }),
  }));
}

/**
 * Stands for a data source that cannot be identified. Only subscriptions that chose any data source
 * instead of a certain one receive the event.
 */
function unknownSource(name = 'unknown'): NamedDataSource {
  return { dataSourceId: 'unknown', name };
}

/**
 * The properties that identify an event. Its id is made from `fact`: what happened, and to which
 * subject. Tasks and jobs have unique ids, so their facts have no subject.
 */
function eventIdentity(
  fact: Fact,
  endedAt: string,
  nowMs: number,
): { eventId: string; instanceId: string; occurredAt: string } {
  return { eventId: eventIdOf(fact, Date.parse(endedAt), nowMs), instanceId: fact.instanceId, occurredAt: endedAt };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
