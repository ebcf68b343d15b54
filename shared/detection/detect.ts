import type { Event } from '../events/event.ts';
import { recipientRanges, type NewOutboxEntry } from '../events/outbox-entry.ts';
import { triggers } from '../triggers/trigger.ts';
import { namedBefore, type DataSourceNames } from './data-source-names.ts';
import { baselineRefreshes, detectRefreshes } from './detect-refreshes.ts';
import { refreshEvent, riseEvent } from './detected-event.ts';
import type { InstanceState } from './instance-state.ts';
import { plausibleRefreshes, plausibleValue } from './plausible-instants.ts';
import type { Readings } from './readings.ts';
import { isUnread, type OpenJob, type RefreshState } from './refresh-state.ts';
import type { Change } from './state-store.ts';
import { observe } from './value-observation.ts';

/** The result of `detect`. */
export interface Detected {
  readonly changes: readonly Change[];
  /**
   * Whether a limit was reached, so that changes are missing. If so, commit these changes and
   * detect again.
   */
  readonly hasMore: boolean;
}

/** When and by whom changes are detected. Stored in the outbox entries. */
export interface DetectedBy {
  readonly nowMs: number;
  /**
   * The random name of the call that detects (see `commitReadings`). If the response to a commit is
   * lost, that call recognises its own outbox entries by this name.
   */
  readonly writer: string;
}

/**
 * Maximum number of rises (a value that is higher than the one before) per subject and call,
 * because a subject's state and its events must fit into one transaction of 100 rows. If there are
 * more, `hasMore` is true.
 */
const MAX_RISES = 40;
/**
 * Maximum number of refreshes per call, for the same reason. All refreshes of an instance share one
 * state.
 */
const MAX_FACTS = 60;

/**
 * Compares the readings with the stored state. Returns the changes of the state and the events that
 * they cause. Pure: the same input gives the same result.
 */
export function detect(state: InstanceState, readings: Readings, by: DetectedBy): Detected {
  const changes: Change[] = [];
  let hasMore = false;
  for (const subject of state.values) {
    const read = readings[triggers[subject.trigger].source]?.get(subject.name);
    if (read === undefined) continue;
    // Stored before, but without a value.
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
        outboxEntry(riseEvent(state.instanceId, subject, read, rise, by.nowMs), rise.sequence, by),
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
  const events = facts.map((fact) =>
    outboxEntry(refreshEvent(state.instanceId, fact, names, by.nowMs), fact.sequence, by),
  );
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

/**
 * Whether two lists contain the same open jobs in the same order. Polls read open jobs in this
 * order, so a change of the order alone is stored too.
 */
function hasSameOpenJobs(one: readonly OpenJob[], other: readonly OpenJob[]): boolean {
  if (one.length !== other.length || one.some(({ sinceMs }) => sinceMs === undefined)) return false;
  return one.every(({ jobId }, index) => other[index]?.jobId === jobId);
}

function outboxEntry(event: Event, sequence: number, by: DetectedBy): NewOutboxEntry {
  return {
    event,
    sequence,
    recipients: recipientRanges(event),
    boundaries: undefined,
    committedAt: new Date(by.nowMs).toISOString(),
    writer: by.writer,
  };
}
