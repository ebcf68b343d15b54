import type { OutboxEntry } from '../events/outbox-entry.ts';
import { OUTBOX_PREFIX, outboxEntryOfRow } from '../events/outbox-row.ts';
import type { Row, StoredRow } from '../storage/tables.ts';
import { shortHash } from '../triggers/subject.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { hasThreshold, triggerOfCode, triggers, type ThresholdTrigger } from '../triggers/trigger.ts';
import type { LoggedAnomalies } from './anomaly.ts';
import type { OpenJob, RefreshState, StoredRefreshState } from './refresh-state.ts';
import type { ValueState } from './value-observation.ts';

/**
 * A segment or measure with subscriptions, as stored. `isSuspended` means that its instance was
 * removed from `ALLOWED_INSTANCES`. The first reading after the instance is allowed again is a
 * baseline.
 */
export interface ValueSubject extends ValueState {
  readonly trigger: ThresholdTrigger;
  readonly name: string;
  readonly isSuspended: boolean;
  /**
   * The sweep (see `sweepInstances`) found no subscriptions and is about to remove the subject. A
   * subscribe request that reads the subject removes the mark.
   */
  readonly isMarkedForRemoval: boolean;
  /** Absent before the subject is stored. */
  readonly etag: string | undefined;
}

/**
 * The lists that cannot be read, each with the time of the first failure and the latest reason.
 * `notBefore` is set when Customer Insights asked not to be called until then.
 */
export type Failing = Partial<
  Record<Source, { readonly since: string; readonly reason: string; readonly notBefore?: string }>
>;

/**
 * The highest sequence number of all removed subjects. Every new subject starts from this number.
 * So if a subject is removed and observed again, its sequence numbers do not repeat.
 */
export interface StartingSequence {
  readonly sequence: number;
  /** Absent when the row does not exist yet. */
  readonly etag: string | undefined;
}

/**
 * The last reading of the task history: Customer Insights' list of the finished tasks of an
 * instance. It still has refreshes that newer ones have pushed out of the list of jobs.
 */
export interface HistoryRead {
  readonly readAt: string;
  /** `refreshesHash` of the state at that time. Absent when the state was not stored yet. */
  readonly refreshesHash: string | undefined;
}

/** The whole stored state of one instance: one partition of the `state` table. */
export interface InstanceState {
  readonly instanceId: string;
  readonly values: readonly ValueSubject[];
  readonly refreshes: StoredRefreshState | undefined;
  readonly outbox: readonly OutboxEntry[];
  readonly startingSequence: StartingSequence;
  readonly failing: Failing;
  readonly loggedAnomalies: LoggedAnomalies;
  readonly history: HistoryRead | undefined;
  /** When the last poll ended, complete or not. */
  readonly lastPolledAt: string | undefined;
  /**
   * Whether the previous release (0.9.0), which writes no index rows beside delivery records, made
   * the last poll.
   */
  readonly wasPolledWithoutIndex: boolean;
  /** When a poll last read every list. The next poll reads value histories back to then. */
  readonly completeAt: string | undefined;
  /**
   * When the additional poll is due that reads what the last one left out. Set when the last poll
   * ran out of call permits (each is the right to make one call within the rate limit).
   */
  readonly resumesAt: string | undefined;
}

export const REFRESHES_ROW_KEY = 'jobs';
export const POLL_ROW_KEY = 'poll';
export const STARTING_SEQUENCE_ROW_KEY = 'floor';
const VERSION = 1;
/** Stored as `floorMs` (a stored name of `processedUntilMs`) while `processedUntilMs` is absent. */
const NOTHING_PROCESSED = -1;

export function valueRowKey(trigger: ThresholdTrigger, name: string): string {
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
    ...(subject.isMarkedForRemoval && { leaving: true }),
  };
}

export function valueOfRow(row: StoredRow): ValueSubject | undefined {
  const trigger = triggerOfCode(row.rowKey.slice(2, 3));
  if (trigger === undefined || !hasThreshold(trigger)) return undefined;
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
    floorMs: state.processedUntilMs ?? NOTHING_PROCESSED,
    names: storedNames(state.names),
    ...(state.isSuspended && { suspended: true }),
    ...(state.isMarkedForRemoval && { leaving: true }),
  };
}

export function refreshesOfRow(row: StoredRow): StoredRefreshState {
  const { sequence, open, openSince, handled, floorMs: processedUntilMs, names } = row.values;
  const entries = String(handled ?? '')
    .split(' ')
    .filter((entry) => entry !== '')
    .map((entry) => [entry.slice(0, 12), Number.parseInt(entry.slice(12), 36)] as const);
  return {
    sequence: Number(sequence),
    open: openJobsOf(JSON.parse(String(open)) as string[], JSON.parse(String(openSince ?? '[]')) as (number | null)[]),
    handled: new Map(entries),
    processedUntilMs: processedUntilMs === NOTHING_PROCESSED ? undefined : Number(processedUntilMs),
    names: new Map(JSON.parse(String(names ?? '[]')) as [string, string][]),
    ...marksOf(row),
    etag: row.etag,
  };
}

function marksOf({ values }: StoredRow): Pick<ValueSubject, 'isSuspended' | 'isMarkedForRemoval'> {
  return { isSuspended: values['suspended'] === true, isMarkedForRemoval: values['leaving'] === true };
}

/**
 * Maximum length of the stored names. A stored string holds 32,000 characters. The names that were
 * seen longest ago are dropped first.
 */
const MAX_NAMES_LENGTH = 30_000;

function storedNames(names: RefreshState['names']): string {
  const entries = [...names];
  for (;;) {
    const text = JSON.stringify(entries);
    if (text.length <= MAX_NAMES_LENGTH) return text;
    entries.splice(0, Math.ceil(entries.length / 10));
  }
}

/** Joins the stored ids and times. Earlier versions stored only the ids. */
function openJobsOf(jobIds: readonly string[], since: readonly (number | null)[]): OpenJob[] {
  return jobIds.map((jobId, index) => ({ jobId, sinceMs: since[index] ?? undefined }));
}

/** What a poll stores for the next one. `InstanceState` describes the fields. */
export interface PollRecord {
  readonly lastPolledAt: string;
  readonly completeAt: string | undefined;
  readonly resumesAt: string | undefined;
  readonly failing: Failing;
  readonly loggedAnomalies: LoggedAnomalies;
  readonly history: HistoryRead | undefined;
}

export function pollRow(instanceId: string, poll: PollRecord): Row {
  return {
    partitionKey: instanceId,
    rowKey: POLL_ROW_KEY,
    v: VERSION,
    lastPolledAt: poll.lastPolledAt,
    completeAt: poll.completeAt,
    goesOnAt: poll.resumesAt,
    failing: JSON.stringify(poll.failing),
    noted: JSON.stringify(poll.loggedAnomalies),
    historyReadAt: poll.history?.readAt,
    historyOf: poll.history && (poll.history.refreshesHash ?? ''),
    // This release wrote index rows (see `wasPolledWithoutIndex`). The previous one (0.9.0) leaves
    // this column out.
    indexed: true,
  };
}

/**
 * Makes the state of an instance from the rows of its partition. Skips rows of a kind that only
 * newer versions support.
 */
export function instanceStateOf(instanceId: string, rows: readonly StoredRow[]): InstanceState {
  const values: ValueSubject[] = [];
  const outboxEntries: OutboxEntry[] = [];
  let refreshes: StoredRefreshState | undefined;
  let failing: Failing = {};
  let loggedAnomalies: LoggedAnomalies = {};
  let history: HistoryRead | undefined;
  let startingSequence: StartingSequence = { sequence: 0, etag: undefined };
  let lastPolledAt: string | undefined;
  let wasPolledWithoutIndex = false;
  let completeAt: string | undefined;
  let resumesAt: string | undefined;
  for (const row of rows) {
    if (row.rowKey.startsWith(OUTBOX_PREFIX)) outboxEntries.push(outboxEntryOfRow(row));
    else if (row.rowKey.startsWith('v:')) {
      const value = valueOfRow(row);
      if (value) values.push(value);
    } else if (row.rowKey === REFRESHES_ROW_KEY) refreshes = refreshesOfRow(row);
    else if (row.rowKey === STARTING_SEQUENCE_ROW_KEY)
      startingSequence = { sequence: Number(row.values['sequence']), etag: row.etag };
    else if (row.rowKey === POLL_ROW_KEY) {
      failing = JSON.parse(String(row.values['failing'] ?? '{}')) as Failing;
      loggedAnomalies = JSON.parse(String(row.values['noted'] ?? '{}')) as LoggedAnomalies;
      const { historyReadAt: readAt, historyOf } = row.values;
      if (typeof readAt === 'string' && typeof historyOf === 'string')
        history = { readAt, refreshesHash: historyOf === '' ? undefined : historyOf };
      lastPolledAt = String(row.values['lastPolledAt']);
      wasPolledWithoutIndex = row.values['indexed'] !== true;
      if (typeof row.values['completeAt'] === 'string') completeAt = row.values['completeAt'];
      if (typeof row.values['goesOnAt'] === 'string') resumesAt = row.values['goesOnAt'];
    }
  }
  return {
    instanceId,
    values,
    refreshes,
    outbox: outboxEntries,
    startingSequence,
    failing,
    loggedAnomalies,
    history,
    lastPolledAt,
    wasPolledWithoutIndex,
    completeAt,
    resumesAt,
  };
}
