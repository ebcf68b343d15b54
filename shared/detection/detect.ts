import { eventIdOf } from '../events/event-id.ts';
import type { Event, Fact } from '../events/event.ts';
import { recipientRanges, type NewOutboxEntry } from '../events/outbox-entry.ts';
import type { Task } from '../insights/customer-insights.ts';
import type { FailedTask } from '../triggers/full-refresh-completed.ts';
import { triggers, type Trigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';
import { plausibleRefreshes, plausibleValue } from './plausible-instants.ts';
import { dataSourceOf, namedBefore, type DataSourceNames, type NamedDataSource } from './data-source-names.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import type { Readings, ReadValue } from './readings.ts';
import { baselineRefreshes, detectRefreshes, type RefreshFact } from './detect-refreshes.ts';
import { isFailure } from './refresh-end.ts';
import { isUnread, type OpenJob, type RefreshState } from './refresh-state.ts';
import type { Change } from './state-store.ts';
import { MAX_JOB_READS } from './unread-owners.ts';
import { observe, type Rise } from './value-observation.ts';

export interface Detected {
  readonly changes: readonly Change[];
  /**
   * A limit was reached, so some changes are still missing. Detect again after these changes are
   * committed.
   */
  readonly hasMore: boolean;
}

export interface DetectedBy {
  readonly nowMs: number;
  /**
   * Marks the outbox entries, so that the writer recognises its own entries after a lost response.
   */
  readonly writer: string;
}

/**
 * The limit of crossings per subject and call, because a subject's state and its events share a
 * transaction of 100 rows with other subjects. `hasMore` says that the caller must detect the rest.
 */
const MAX_RISES = 40;
/** The same limit for refreshes. All refreshes of an instance are one state. */
const MAX_FACTS = 60;

/**
 * Compares the readings with the stored state. Returns the changes of state and the events that
 * they cause. Pure: the same input gives the same result.
 */
export function detect(state: InstanceState, readings: Readings, by: DetectedBy): Detected {
  const changes: Change[] = [];
  let hasMore = false;
  for (const subject of state.values) {
    const read = readings[triggers[subject.trigger].source]?.get(subject.name);
    if (read === undefined) continue;
    const wasEmpty = subject.etag !== undefined && subject.last === undefined && !subject.isSuspended;
    const known = subject.isSuspended ? { ...subject, last: undefined } : plausibleValue(subject, by.nowMs);
    const observed = observe(known, read.evaluations, MAX_RISES, wasEmpty);
    if (observed.state.sequence === subject.sequence && subject.etag !== undefined && !subject.isMarkedForRemoval)
      continue;
    hasMore ||= observed.hasMore;
    changes.push({
      state: {
        kind: 'value',
        subject: {
          ...subject,
          ...observed.state,
          isSuspended: subject.isSuspended && observed.state.last === undefined,
          isMarkedForRemoval: false,
        },
        etag: subject.etag,
      },
      events: observed.rises.map((rise) =>
        outboxEntry(riseEvent(state.instanceId, subject, read, rise, by), rise.sequence, by),
      ),
    });
  }
  const refreshChange = readings.refreshes && detectRefreshChange(state, readings.refreshes, by);
  if (refreshChange) {
    changes.push(refreshChange.change);
    hasMore ||= refreshChange.hasMore;
  }
  return { changes, hasMore };
}

function detectRefreshChange(
  state: InstanceState,
  reading: NonNullable<Readings['refreshes']>,
  by: DetectedBy,
): { change: Change; hasMore: boolean } | undefined {
  if (state.refreshes === undefined) return undefined;
  const before = plausibleRefreshes(state.refreshes, by.nowMs);
  if (isUnread(before)) {
    const refreshes = {
      ...baselineRefreshes(reading, by.nowMs),
      names: namedBefore(before.names, reading.names),
      sequence: Math.max(state.startingSequence.sequence, before.sequence),
      isSuspended: false,
      isMarkedForRemoval: false,
    };
    return {
      change: { state: { kind: 'refreshes', refreshes, etag: before.etag }, events: [] },
      hasMore: false,
    };
  }
  const { state: detected, facts } = detectRefreshes(before, reading, by.nowMs, MAX_FACTS);
  const after = { ...detected, names: namedBefore(before.names, reading.names) };
  const names: DataSourceNames = { ...reading.names, before: before.names };
  if (facts.length === 0 && hasSameRefreshes(before, after) && !before.isMarkedForRemoval) return undefined;
  const events = facts.map((fact) => outboxEntry(refreshEvent(state.instanceId, fact, names, by), fact.sequence, by));
  return {
    change: {
      state: {
        kind: 'refreshes',
        refreshes: { ...after, isSuspended: false, isMarkedForRemoval: false },
        etag: before.etag,
      },
      events,
    },
    hasMore: facts.length === MAX_FACTS,
  };
}

function hasSameRefreshes(
  one: Pick<RefreshState, 'open' | 'handled' | 'names'>,
  other: Pick<RefreshState, 'open' | 'handled' | 'names'>,
): boolean {
  return (
    hasSameOpenJobs(one.open, other.open) &&
    // `namedBefore` returns the map it was given when nothing is new.
    one.names === other.names &&
    one.handled.size === other.handled.size &&
    [...other.handled.keys()].every((key) => one.handled.has(key))
  );
}

/** The order matters only when one poll cannot read all open jobs. */
function hasSameOpenJobs(one: readonly OpenJob[], other: readonly OpenJob[]): boolean {
  if (one.length !== other.length || one.some(({ sinceMs }) => sinceMs === undefined)) return false;
  if (one.length > MAX_JOB_READS) return one.every(({ jobId }, index) => other[index]?.jobId === jobId);
  const ids = new Set(one.map(({ jobId }) => jobId));
  return other.every(({ jobId }) => ids.has(jobId));
}

function outboxEntry(event: Event, sequence: number, by: DetectedBy): NewOutboxEntry {
  return {
    event,
    sequence,
    recipients: recipientRanges(event),
    boundaries: undefined,
    committedAt: iso(by.nowMs),
    writer: by.writer,
  };
}

function riseEvent(instanceId: string, subject: ValueSubject, read: ReadValue, rise: Rise, by: DetectedBy): Event {
  const { trigger, name } = subject;
  const evaluatedAt = iso(rise.evaluatedAtMs);
  const fact: Fact = { instanceId, trigger, subject: name, occurrence: evaluatedAt };
  const common = {
    eventId: eventIdOf(fact, rise.evaluatedAtMs, by.nowMs),
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
 * The data source of a task that names none. Subscriptions to any data source still receive the
 * event.
 */
function unknownSource(name = 'unknown'): NamedDataSource {
  return { dataSourceId: 'unknown', name };
}

function refreshEvent(instanceId: string, fact: RefreshFact, names: DataSourceNames, by: DetectedBy): Event {
  switch (fact.kind) {
    case 'job': {
      const { job, status, originalStatus } = fact;
      const endedAt = job.endedAt ?? iso(by.nowMs);
      const failed = job.tasks.filter(isFailure);
      const trigger = 'full-refresh-completed' as const;
      return {
        ...eventIdentity({ instanceId, trigger, subject: undefined, occurrence: job.jobId }, endedAt, by),
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
      const endedAt = task.endedAt ?? jobs[0]?.endedAt ?? iso(by.nowMs);
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      const identity = (trigger: Trigger) =>
        eventIdentity({ instanceId, trigger, subject: undefined, occurrence: task.taskId }, endedAt, by);
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
    case 'merge': {
      const { task, status, originalStatus, jobs } = fact;
      const endedAt = task.endedAt ?? jobs[0]?.endedAt ?? iso(by.nowMs);
      const trigger = 'unification-refresh-completed' as const;
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      return {
        ...eventIdentity({ instanceId, trigger, subject: undefined, occurrence: task.taskId }, endedAt, by),
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

/** Limits of the failed tasks in an event, because an event must fit into one string column. */
const MAX_FAILED_TASKS = 10;
const MAX_TASK_NAME = 200;

function failedTasks(failed: readonly Task[]): FailedTask[] {
  return failed.slice(0, MAX_FAILED_TASKS).map(({ operationType = '', friendlyName = operationType, error }) => ({
    operationType,
    name: friendlyName.slice(0, MAX_TASK_NAME).toWellFormed(),
    ...(error !== undefined && { message: error }),
  }));
}

function eventIdentity(
  fact: Fact,
  endedAt: string,
  by: DetectedBy,
): { eventId: string; instanceId: string; occurredAt: string } {
  return { eventId: eventIdOf(fact, Date.parse(endedAt), by.nowMs), instanceId: fact.instanceId, occurredAt: endedAt };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
