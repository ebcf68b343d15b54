import type { OutboxEntry } from '../events/outbox-entry.ts';
import { OUTBOX_PREFIX, outboxEntryOfRow } from '../events/outbox-row.ts';
import type { Row, StoredRow } from '../storage/tables.ts';
import { shortHash } from '../triggers/subject.ts';
import { triggerOfCode, triggers, type Source, type Trigger } from '../triggers/trigger.ts';
import type { Noted } from './anomaly.ts';
import type { OpenJob, RefreshState } from './refresh-detection.ts';
import type { ValueState } from './value-observation.ts';

/** The triggers whose subjects have values. */
export type ValueTrigger = 'segment-threshold-crossed' | 'measure-threshold-crossed';

export function isValueTrigger(trigger: Trigger): trigger is ValueTrigger {
  return trigger === 'segment-threshold-crossed' || trigger === 'measure-threshold-crossed';
}

/**
 * A segment or measure that somebody subscribed to. `isSuspended`: its instance was taken out of `ALLOWED_INSTANCES`; should it be allowed again,
 * the next reading is a baseline.
 */
export interface ValueSubject extends ValueState {
  readonly trigger: ValueTrigger;
  readonly name: string;
  readonly isSuspended: boolean;
  /** Nobody was subscribed to it when the sweep looked: it is about to be forgotten, unless it is read for a subscribe. */
  readonly isLeaving: boolean;
  readonly etag: string;
}

export interface StoredRefreshState extends RefreshState {
  readonly isSuspended: boolean;
  readonly isLeaving: boolean;
  readonly etag: string;
}

/** Since when a list could not be read, and why; before `notBefore` Customer Insights wants no further call. */
export type Failing = Partial<
  Record<Source, { readonly since: string; readonly reason: string; readonly notBefore?: string }>
>;

/** No count of observations that begins anew begins below this: the highest of a subject that was forgotten. */
export interface SequenceFloor {
  readonly sequence: number;
  /** Empty before there is one. */
  readonly etag: string;
}

/** When the task history was last read, and what was remembered of refreshes by then. */
export interface HistoryRead {
  readonly readAt: string;
  /** The etag of the refreshes. */
  readonly of: string;
}

/** Everything that is remembered of one instance: one partition, read with one request. */
export interface InstanceState {
  readonly instanceId: string;
  readonly values: readonly ValueSubject[];
  readonly refreshes: StoredRefreshState | undefined;
  readonly outbox: readonly OutboxEntry[];
  readonly floor: SequenceFloor;
  readonly failing: Failing;
  readonly noted: Noted;
  readonly history: HistoryRead | undefined;
  readonly lastPolledAt: string | undefined;
  /** The last poll in which every list gave an answer: history must be asked for back to here. */
  readonly completeAt: string | undefined;
  /** When a message comes that goes on with a poll that was stopped for want of calls. */
  readonly goesOnAt: string | undefined;
}

export const REFRESHES_ROW_KEY = 'jobs';
export const POLL_ROW_KEY = 'poll';
export const FLOOR_ROW_KEY = 'floor';
const VERSION = 1;

export function valueRowKey(trigger: ValueTrigger, name: string): string {
  return `v:${triggers[trigger].code}:${shortHash(name)}`;
}

export function valueRow(instanceId: string, subject: Omit<ValueSubject, 'etag'>): Row {
  return {
    partitionKey: instanceId,
    rowKey: valueRowKey(subject.trigger, subject.name),
    v: VERSION,
    name: subject.name,
    sequence: subject.sequence,
    evaluatedAtMs: subject.last?.evaluatedAtMs,
    value: subject.last?.value,
    ...(subject.isSuspended && { suspended: true }),
    ...(subject.isLeaving && { leaving: true }),
  };
}

export function valueOfRow(row: StoredRow): ValueSubject | undefined {
  const trigger = triggerOfCode(row.rowKey.slice(2, 3));
  if (trigger !== 'segment-threshold-crossed' && trigger !== 'measure-threshold-crossed') return undefined;
  const { name, sequence, evaluatedAtMs, value } = row.values;
  const last = typeof evaluatedAtMs === 'number' && typeof value === 'number' ? { evaluatedAtMs, value } : undefined;
  const marks = marksOf(row);
  return { trigger, name: String(name), sequence: Number(sequence), last, ...marks, etag: row.etag };
}

export function refreshesRow(instanceId: string, state: Omit<StoredRefreshState, 'etag'>): Row {
  return {
    partitionKey: instanceId,
    rowKey: REFRESHES_ROW_KEY,
    v: VERSION,
    sequence: state.sequence,
    open: JSON.stringify(state.open.map(({ jobId }) => jobId)),
    openSince: JSON.stringify(state.open.map(({ sinceMs }) => sinceMs ?? null)),
    handled: [...state.handled].map(([key, endedAtMs]) => `${key}${Math.max(0, endedAtMs).toString(36)}`).join(' '),
    floorMs: state.floorMs,
    names: storedNames(state.names),
    ...(state.isSuspended && { suspended: true }),
    ...(state.isLeaving && { leaving: true }),
  };
}

export function refreshesOfRow(row: StoredRow): StoredRefreshState {
  const { sequence, open, openSince, handled, floorMs, names } = row.values;
  const entries = String(handled ?? '')
    .split(' ')
    .filter((entry) => entry !== '')
    .map((entry) => [entry.slice(0, 12), Number.parseInt(entry.slice(12), 36)] as const);
  return {
    sequence: Number(sequence),
    open: openOf(JSON.parse(String(open)) as string[], JSON.parse(String(openSince ?? '[]')) as (number | null)[]),
    handled: new Map(entries),
    floorMs: Number(floorMs),
    names: new Map(JSON.parse(String(names ?? '[]')) as [string, string][]),
    ...marksOf(row),
    etag: row.etag,
  };
}

function marksOf({ values }: StoredRow): Pick<ValueSubject, 'isSuspended' | 'isLeaving'> {
  return { isSuspended: values['suspended'] === true, isLeaving: values['leaving'] === true };
}

/** A stored string holds 32,000 characters; names that were seen longest ago go first. */
const MAX_NAMES_LENGTH = 30_000;

function storedNames(names: RefreshState['names']): string {
  const entries = [...names];
  for (;;) {
    const text = JSON.stringify(entries);
    if (text.length <= MAX_NAMES_LENGTH) return text;
    entries.splice(0, Math.ceil(entries.length / 10));
  }
}

/** A version that knew no instants wrote the ids alone. */
function openOf(jobIds: readonly string[], since: readonly (number | null)[]): OpenJob[] {
  return jobIds.map((jobId, index) => ({ jobId, sinceMs: since[index] ?? undefined }));
}

export interface PollRecord {
  readonly lastPolledAt: string;
  readonly completeAt: string | undefined;
  readonly goesOnAt: string | undefined;
  readonly failing: Failing;
  readonly noted: Noted;
  readonly history: HistoryRead | undefined;
}

export function pollRow(instanceId: string, poll: PollRecord): Row {
  return {
    partitionKey: instanceId,
    rowKey: POLL_ROW_KEY,
    v: VERSION,
    lastPolledAt: poll.lastPolledAt,
    completeAt: poll.completeAt,
    goesOnAt: poll.goesOnAt,
    failing: JSON.stringify(poll.failing),
    noted: JSON.stringify(poll.noted),
    historyReadAt: poll.history?.readAt,
    historyOf: poll.history?.of,
  };
}

/** Puts the rows of one partition of the `state` table together. Rows of a kind that a newer version wrote are passed over. */
export function instanceStateOf(instanceId: string, rows: readonly StoredRow[]): InstanceState {
  const values: ValueSubject[] = [];
  const outboxEntries: OutboxEntry[] = [];
  let refreshes: StoredRefreshState | undefined;
  let failing: Failing = {};
  let noted: Noted = {};
  let history: HistoryRead | undefined;
  let floor: SequenceFloor = { sequence: 0, etag: '' };
  let lastPolledAt: string | undefined;
  let completeAt: string | undefined;
  let goesOnAt: string | undefined;
  for (const row of rows) {
    if (row.rowKey.startsWith(OUTBOX_PREFIX)) outboxEntries.push(outboxEntryOfRow(row));
    else if (row.rowKey.startsWith('v:')) {
      const value = valueOfRow(row);
      if (value) values.push(value);
    } else if (row.rowKey === REFRESHES_ROW_KEY) refreshes = refreshesOfRow(row);
    else if (row.rowKey === FLOOR_ROW_KEY) floor = { sequence: Number(row.values['sequence']), etag: row.etag };
    else if (row.rowKey === POLL_ROW_KEY) {
      failing = JSON.parse(String(row.values['failing'] ?? '{}')) as Failing;
      noted = JSON.parse(String(row.values['noted'] ?? '{}')) as Noted;
      const { historyReadAt: readAt, historyOf: of } = row.values;
      if (typeof readAt === 'string' && typeof of === 'string') history = { readAt, of };
      lastPolledAt = String(row.values['lastPolledAt']);
      if (typeof row.values['completeAt'] === 'string') completeAt = row.values['completeAt'];
      if (typeof row.values['goesOnAt'] === 'string') goesOnAt = row.values['goesOnAt'];
    }
  }
  return {
    instanceId,
    values,
    refreshes,
    outbox: outboxEntries,
    floor,
    failing,
    noted,
    history,
    lastPolledAt,
    completeAt,
    goesOnAt,
  };
}
