import { eventIdOf } from '../events/event-id.ts';
import type { Event, Fact, FailedTask } from '../events/event.ts';
import { recipientRanges, type OutboxEntry } from '../events/outbox-entry.ts';
import type { Task } from '../insights/customer-insights.ts';
import { unreachable } from '../unreachable.ts';
import { plausibleRefreshes, plausibleValue } from './plausible-instants.ts';
import { dataSourceOf, namedBefore, type DataSourceNames, type NamedDataSource } from './data-source-names.ts';
import type { InstanceState, StoredRefreshState, ValueSubject } from './instance-state.ts';
import type { Readings, ReadValue } from './readings.ts';
import {
  baselineRefreshes,
  detectRefreshes,
  isFailure,
  MAX_JOB_READS,
  type OpenJob,
  type RefreshFact,
  type RefreshState,
} from './refresh-detection.ts';
import type { Change } from './state-store.ts';
import { observe, type Rise } from './value-observation.ts';

export interface Detected {
  readonly changes: readonly Change[];
  /** A step was cut short so that it stays whole: detect again once these are committed. */
  readonly more: boolean;
}

export interface DetectedBy {
  readonly nowMs: number;
  /** Marks the events, so that the writer knows its own after a lost answer. */
  readonly writer: string;
}

/** A subject's state and its events share a transaction of 100 rows with others; no history has this many rises at once. */
const MAX_RISES = 40;
/** All refreshes of an instance are one state; more than this at once take several steps. */
const MAX_FACTS = 60;

/** What the readings change in what is remembered, and the events that come of it. Pure: the same input gives the same answer. */
export function detect(state: InstanceState, readings: Readings, by: DetectedBy): Detected {
  const changes: Change[] = [];
  let more = false;
  for (const subject of state.values) {
    const read = valueOf(readings, subject)?.get(subject.name);
    if (read === undefined) continue;
    const wasEmpty = subject.etag !== '' && subject.last === undefined && !subject.isSuspended;
    const known = subject.isSuspended ? { ...subject, last: undefined } : plausibleValue(subject, by.nowMs);
    const observed = observe(known, read.evaluations, MAX_RISES, wasEmpty);
    if (observed.state.sequence === subject.sequence && subject.etag !== '' && !subject.isLeaving) continue;
    more ||= observed.more;
    changes.push({
      state: {
        kind: 'value',
        subject: {
          ...subject,
          ...observed.state,
          isSuspended: subject.isSuspended && observed.state.last === undefined,
          isLeaving: false,
        },
        etag: subject.etag || undefined,
      },
      events: observed.rises.map((rise) =>
        opened(riseEvent(state.instanceId, subject, read, rise, by), rise.sequence, by),
      ),
    });
  }
  const refreshChange = readings.refreshes && detectRefreshChange(state, readings.refreshes, by);
  if (refreshChange) {
    changes.push(refreshChange.change);
    more ||= refreshChange.more;
  }
  return { changes, more };
}

function valueOf(readings: Readings, { trigger }: ValueSubject): ReadonlyMap<string, ReadValue> | undefined {
  return trigger === 'segment-threshold-crossed' ? readings.segments : readings.measures;
}

function detectRefreshChange(
  state: InstanceState,
  reading: NonNullable<Readings['refreshes']>,
  by: DetectedBy,
): { change: Change; more: boolean } | undefined {
  if (state.refreshes === undefined) return undefined;
  const before = plausibleRefreshes(state.refreshes, by.nowMs);
  if (isUnread(before)) {
    const refreshes = {
      ...baselineRefreshes(reading, by.nowMs),
      names: namedBefore(before.names, reading.names),
      sequence: Math.max(state.floor.sequence, before.sequence),
      isSuspended: false,
      isLeaving: false,
    };
    return {
      change: { state: { kind: 'refreshes', refreshes, etag: before.etag || undefined }, events: [] },
      more: false,
    };
  }
  const { state: detected, facts } = detectRefreshes(before, reading, by.nowMs, MAX_FACTS);
  const after = { ...detected, names: namedBefore(before.names, reading.names) };
  const names: DataSourceNames = { ...reading.names, before: before.names };
  if (facts.length === 0 && sameRefreshes(before, after) && !before.isLeaving) return undefined;
  const events = facts.map((fact) => opened(refreshEvent(state.instanceId, fact, names, by), fact.sequence, by));
  return {
    change: {
      state: {
        kind: 'refreshes',
        refreshes: { ...after, isSuspended: false, isLeaving: false },
        etag: before.etag || undefined,
      },
      events,
    },
    more: facts.length === MAX_FACTS,
  };
}

/** The sequence of a refresh state that waits for its first look. */
export const NEVER_READ = -1;

/** Whether the next reading of an instance's refreshes is a baseline. */
export function isUnread({ sequence, isSuspended }: StoredRefreshState): boolean {
  return sequence === NEVER_READ || isSuspended;
}

function sameRefreshes(
  one: Pick<RefreshState, 'open' | 'handled' | 'names'>,
  other: Pick<RefreshState, 'open' | 'handled' | 'names'>,
): boolean {
  return (
    sameOpen(one.open, other.open) &&
    // `namedBefore` answers what it was given when there is nothing new.
    one.names === other.names &&
    one.handled.size === other.handled.size &&
    [...other.handled.keys()].every((key) => one.handled.has(key))
  );
}

/** In which order they are matters only when not all of them are read in one look. */
function sameOpen(one: readonly OpenJob[], other: readonly OpenJob[]): boolean {
  if (one.length !== other.length || one.some(({ sinceMs }) => sinceMs === undefined)) return false;
  if (one.length > MAX_JOB_READS) return one.every(({ jobId }, index) => other[index]?.jobId === jobId);
  const ids = new Set(one.map(({ jobId }) => jobId));
  return other.every(({ jobId }) => ids.has(jobId));
}

function opened(event: Event, sequence: number, by: DetectedBy): OutboxEntry {
  return {
    event,
    sequence,
    recipients: recipientRanges(event),
    boundaries: undefined,
    committedAt: iso(by.nowMs),
    writer: by.writer,
    etag: '',
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

/** Still worth telling those who wait for any data source. */
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
        ...identified({ instanceId, trigger, subject: '', occurrence: job.jobId }, endedAt, by),
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
      const trigger =
        status === 'successful' ? ('data-source-refresh-succeeded' as const) : ('data-source-refresh-failed' as const);
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      return {
        ...identified({ instanceId, trigger, subject: '', occurrence: task.taskId }, endedAt, by),
        trigger,
        dataSourceId: source.dataSourceId,
        dataSourceName: source.name,
        refreshStatus: status,
        ...(originalStatus !== undefined && { originalStatus }),
        endedAt,
        ...(jobId !== undefined && { jobId }),
        ...(task.error !== undefined && status !== 'successful' && { errorMessage: task.error }),
      };
    }
    case 'merge': {
      const { task, status, originalStatus, jobs } = fact;
      const endedAt = task.endedAt ?? jobs[0]?.endedAt ?? iso(by.nowMs);
      const trigger = 'unification-refresh-completed' as const;
      const jobId = jobs[0]?.jobId ?? task.jobIds[0];
      return {
        ...identified({ instanceId, trigger, subject: '', occurrence: task.taskId }, endedAt, by),
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

/** So many are named: an event must stay small enough to be stored in one piece. */
const MAX_FAILED_TASKS = 10;
const MAX_TASK_NAME = 200;

function failedTasks(failed: readonly Task[]): FailedTask[] {
  return failed.slice(0, MAX_FAILED_TASKS).map(({ operationType, friendlyName = operationType, error }) => ({
    operationType,
    name: friendlyName.slice(0, MAX_TASK_NAME).toWellFormed(),
    ...(error !== undefined && { message: error }),
  }));
}

function identified(
  fact: Fact,
  endedAt: string,
  by: DetectedBy,
): { eventId: string; instanceId: string; occurredAt: string } {
  return { eventId: eventIdOf(fact, Date.parse(endedAt), by.nowMs), instanceId: fact.instanceId, occurredAt: endedAt };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
