import type { RefreshStatus } from '../events/event.ts';
import type { Job, Task } from '../insights/customer-insights.ts';
import { isReportedStatus, knownStatus, type KnownStatus } from '../insights/status-words.ts';
import { shortHash } from '../triggers/subject.ts';

/** The stored state of an instance's jobs and tasks between two polls. */
export interface RefreshState {
  /** Refreshes observed so far. */
  readonly sequence: number;
  /** Jobs to read again by id until they are final. The jobs that were not read for longest come first. */
  readonly open: readonly OpenJob[];
  /** Jobs and tasks that are processed, by hashed id, with the instant when each ended. */
  readonly handled: ReadonlyMap<string, number>;
  /** Everything that ended at or before this instant is processed, even if `handled` no longer holds it. */
  readonly floorMs: number;
  /** Data source ids by each name that they were seen with, as `namedBefore` returns them. */
  readonly names: ReadonlyMap<string, string>;
}

/** A job that was not final when it was last read. */
export interface OpenJob {
  readonly jobId: string;
  /** When the job was first seen open. `undefined` when an earlier version stored it. */
  readonly sinceMs: number | undefined;
}

/** One reading of the jobs. */
export interface RefreshReading {
  /** The page of recent jobs and the jobs that were read by id. */
  readonly jobs: readonly Job[];
  /** Tasks from the history, when the jobs did not reach back far enough. */
  readonly tasks: readonly Task[];
  /** Ids of jobs that do not exist or no longer exist. */
  readonly missing: ReadonlySet<string>;
}

/** A refresh that ended. Facts are in the order in which the refreshes ended. */
export type RefreshFact =
  | {
      readonly kind: 'job';
      readonly sequence: number;
      readonly status: RefreshStatus;
      /** The status word of Customer Insights, when it is a synonym. */
      readonly originalStatus: string | undefined;
      readonly job: Job;
    }
  | {
      readonly kind: 'ingestion' | 'merge';
      readonly sequence: number;
      readonly status: RefreshStatus;
      readonly originalStatus: string | undefined;
      readonly task: Task;
      /** The owning jobs that were read. */
      readonly jobs: readonly Job[];
    };

const MAX_HANDLED = 1000;
/** A stored string of 32,000 characters holds this many ids. */
const MAX_OPEN = 300;
/** A job that is open for longer will never end. */
export const OPEN_FOR_MS = 14 * 24 * 3600 * 1000;
/** Jobs that one poll reads by id. Later polls read the others. */
export const MAX_JOB_READS = 10;
const NO_FLOOR = -1;
/** A refresh that has ended is listed within this time. */
const LISTED_WITHIN_MS = 3600 * 1000;

const openStatuses: ReadonlySet<KnownStatus> = new Set(['queued', 'needsupdate', 'running'] as const);
const firingStatuses: ReadonlyMap<KnownStatus | undefined, RefreshStatus> = new Map([
  ['successful', 'successful'],
  ['failed', 'failed'],
  ['timedout', 'timedOut'],
]);

/** Whether a job or task has ended. One with an unknown status has ended when it has an end time. */
export function isFinal({ status, endedAt }: Pick<Job | Task, 'status' | 'endedAt'>): boolean {
  const known = knownStatus(status);
  return known === undefined ? endedAt !== undefined : !openStatuses.has(known);
}

/** The status word of Customer Insights, when it is not a word of the published clients. */
function originalOf({ status, writtenStatus }: Job | Task): string | undefined {
  return isReportedStatus(status) ? undefined : (writtenStatus ?? status);
}

/** The first reading. Everything that has ended counts as processed. Everything open is remembered. */
export function baselineRefreshes(reading: RefreshReading, nowMs: number): RefreshState {
  const owners = jobsById(reading.jobs);
  const ended: [string, number][] = [];
  for (const job of reading.jobs) if (isFinal(job)) ended.push([keyOf(job.jobId), endOf(job)]);
  for (const task of tasksOf(reading)) {
    if (isFinished(task, owners, reading.missing)) ended.push([keyOf(task.taskId), endOfTask(task, owners)]);
  }
  const instants = ended.map(([, endedAtMs]) => endedAtMs);
  return {
    sequence: 0,
    open: openJobs(reading, owners)
      .slice(0, MAX_OPEN)
      .map((jobId) => ({ jobId, sinceMs: nowMs })),
    handled: new Map(newest(ended)),
    // The length of a page is not documented. A refresh that ended before the oldest one on the page ended before this
    // reading. So did a refresh that ended well before the newest one.
    floorMs:
      ended.length > 0 ? Math.max(Math.min(...instants) - 1, Math.max(...instants) - LISTED_WITHIN_MS) : NO_FLOOR,
    names: new Map(),
  };
}

/**
 * Finds the refreshes that ended since the last poll. Ingestions and merges are identified by task, full refreshes by
 * job. Each is reported once. A success is reported at once. A failure is reported when every owning job is final,
 * because Customer Insights retries failed tasks.
 *
 * Returns at most `maxFacts`, the earliest; the next call finds the rest. Jobs that were open for `OPEN_FOR_MS` count
 * as processed and are abandoned.
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
  const found: { endedAtMs: number; fact: RefreshFact }[] = [];
  const isKnown = (id: string, endedAtMs: number, jobIds: readonly string[]): boolean =>
    handled.has(keyOf(id)) || (endedAtMs <= state.floorMs && !jobIds.some((jobId) => wasOpen.has(jobId)));

  for (const task of tasksOf(reading)) {
    const kind = kindOf(task);
    const endedAtMs = endOfTask(task, owners);
    if (kind === undefined || isKnown(task.taskId, endedAtMs, task.jobIds)) continue;
    const status = firingStatuses.get(knownStatus(task.status));
    if (status === undefined || !isFinished(task, owners, reading.missing)) continue;
    handled.set(keyOf(task.taskId), endedAtMs);
    const jobs = task.jobIds.flatMap((id) => owners.get(id) ?? []);
    found.push({ endedAtMs, fact: { kind, sequence: 0, status, originalStatus: originalOf(task), task, jobs } });
  }
  for (const job of owners.values()) {
    if (!isFinal(job) || isKnown(job.jobId, endOf(job), [job.jobId])) continue;
    handled.set(keyOf(job.jobId), endOf(job));
    const status = firingStatuses.get(knownStatus(job.status));
    if (status !== undefined && job.operationType === 'all') {
      found.push({
        endedAtMs: endOf(job),
        fact: { kind: 'job', sequence: 0, status, originalStatus: originalOf(job), job },
      });
    }
  }
  found.sort((a, b) => a.endedAtMs - b.endedAtMs);
  // Facts beyond the limit are left for the next call.
  for (const { fact } of found.splice(maxFacts))
    handled.delete(keyOf(fact.kind === 'job' ? fact.job.jobId : fact.task.taskId));
  const { open, abandonedJobs } = nextOpen(state, reading, nowMs);
  for (const jobId of abandonedJobs) handled.set(keyOf(jobId), nowMs);
  const kept = newest([...handled]);
  const forgotten = [...handled].filter(([key]) => !kept.has(key)).map(([, endedAtMs]) => endedAtMs);
  return {
    state: {
      sequence: state.sequence + found.length,
      open,
      handled: kept,
      floorMs: Math.max(state.floorMs, ...forgotten),
      names: state.names,
    },
    facts: found.map(({ fact }, index) => ({ ...fact, sequence: state.sequence + index + 1 })),
  };
}

/**
 * Jobs to read by id: open jobs and owners of failed tasks that the reading does not contain. The jobs that were not
 * read for longest come first.
 */
export function unreadOwners(state: RefreshState, reading: RefreshReading): string[] {
  const owners = jobsById(reading.jobs);
  const unread = new Set<string>(state.open.map(({ jobId }) => jobId));
  for (const task of tasksOf(reading)) {
    if (kindOf(task) === undefined || !isFailure(task) || state.handled.has(keyOf(task.taskId))) continue;
    if (endOfTask(task, owners) <= state.floorMs) continue;
    for (const jobId of task.jobIds) if (!state.handled.has(keyOf(jobId))) unread.add(jobId);
  }
  for (const jobId of historyJobs(state, reading)) unread.add(jobId);
  return [...unread].filter((jobId) => !owners.has(jobId) && !reading.missing.has(jobId));
}

/** Jobs that only the task history names. Their own ends may be unreported too. */
function historyJobs(state: RefreshState, reading: RefreshReading): string[] {
  const news = reading.tasks.filter((task) => task.endedAt === undefined || Date.parse(task.endedAt) > state.floorMs);
  return [...new Set(news.flatMap(({ jobIds }) => jobIds))].filter((jobId) => !state.handled.has(keyOf(jobId)));
}

/** Whether a page of jobs reaches back to a known job. The length of a page is not documented. */
export function reachesKnownJob(state: RefreshState, jobs: readonly Job[]): boolean {
  const open = new Set(state.open.map(({ jobId }) => jobId));
  return jobs.length === 0 || jobs.some(({ jobId }) => open.has(jobId) || state.handled.has(keyOf(jobId)));
}

/** Whether a job that has just ended came without its tasks, although a job of its kind has some. */
export function lacksTasks(state: RefreshState, jobs: readonly Job[]): boolean {
  return jobs.some(
    (job) =>
      job.tasks.length === 0 &&
      firingOperationTypes.has(job.operationType) &&
      isFinal(job) &&
      !state.handled.has(keyOf(job.jobId)) &&
      endOf(job) > state.floorMs,
  );
}

/** The operation types that fire a trigger. */
const firingOperationTypes = new Set(['all', 'ingestion', 'merge']);

/**
 * When a task ended, ms since the epoch. A task without an end time ends with its last job. 0 when neither has an end
 * time.
 */
export function endOfTask(task: Task, owners: ReadonlyMap<string, Job>): number {
  if (task.endedAt !== undefined) return Date.parse(task.endedAt);
  return Math.max(0, ...task.jobIds.map((id) => owners.get(id)).map((job) => (job ? endOf(job) : 0)));
}

/** When a job ended, ms since the epoch. A job without an end time counts as ended when it was submitted. */
export function endOf(job: Job): number {
  return Date.parse(job.endedAt ?? job.submittedAt ?? '1970-01-01T00:00:00.000Z');
}

/** Whether a task failed or timed out. */
export function isFailure({ status }: Task): boolean {
  const known = knownStatus(status);
  return known === 'failed' || known === 'timedout';
}

/**
 * Whether a task cannot change any more: it succeeded, or it ended otherwise and so did every job that could retry it.
 */
function isFinished(task: Task, owners: ReadonlyMap<string, Job>, missing: ReadonlySet<string>): boolean {
  if (knownStatus(task.status) === 'successful') return true;
  if (!isFinal(task)) return false;
  return task.jobIds.every((id) => missing.has(id) || isFinalOwner(owners.get(id)));
}

function isFinalOwner(job: Job | undefined): boolean {
  return job !== undefined && isFinal(job);
}

function kindOf(task: Task): 'ingestion' | 'merge' | undefined {
  return task.operationType === 'ingestion' || task.operationType === 'merge' ? task.operationType : undefined;
}

/** Every task of the reading once. Its owners are all jobs that it names or that contain it. */
export function tasksOf(reading: Pick<RefreshReading, 'jobs' | 'tasks'>): Task[] {
  const byId = new Map<string, Task>();
  const add = (task: Task, jobIds: readonly string[]): void => {
    const known = byId.get(task.taskId);
    byId.set(task.taskId, { ...task, jobIds: [...new Set([...(known?.jobIds ?? []), ...task.jobIds, ...jobIds])] });
  };
  for (const task of reading.tasks) add(task, []);
  for (const job of reading.jobs) for (const task of job.tasks) add(task, [job.jobId]);
  return [...byId.values()];
}

/** Jobs by id. The one that was read last counts. */
export function jobsById(jobs: readonly Job[]): Map<string, Job> {
  return new Map(jobs.map((job) => [job.jobId, job]));
}

/**
 * The jobs to read again, and the jobs that are abandoned. Jobs that were not read this time come before those that
 * were, so that a fixed number of reads per poll reaches all of them in turn.
 */
function nextOpen(
  state: RefreshState,
  reading: RefreshReading,
  nowMs: number,
): { readonly open: readonly OpenJob[]; readonly abandonedJobs: readonly string[] } {
  const owners = jobsById(reading.jobs);
  const since = new Map(state.open.map(({ jobId, sinceMs }) => [jobId, sinceMs ?? nowMs]));
  // Jobs that could not be read this time are read next time.
  const unread = [...since.keys(), ...historyJobs(state, reading)].filter(
    (jobId) => !owners.has(jobId) && !reading.missing.has(jobId),
  );
  const isOpen = new Set(openJobs(reading, owners).filter((jobId) => !state.handled.has(keyOf(jobId))));
  const readAgain = [...since.keys()].filter((jobId) => isOpen.has(jobId));
  const ordered = [...new Set([...unread, ...readAgain, ...isOpen])].map((jobId) => ({
    jobId,
    sinceMs: since.get(jobId) ?? nowMs,
  }));
  const isAbandoned = ({ sinceMs }: { sinceMs: number }): boolean => nowMs - sinceMs > OPEN_FOR_MS;
  const open = ordered.filter((job) => !isAbandoned(job));
  const excess = open.toSorted((a, b) => a.sinceMs - b.sinceMs).slice(0, Math.max(0, open.length - MAX_OPEN));
  return {
    open: open.filter((job) => !excess.includes(job)),
    abandonedJobs: [...ordered.filter(isAbandoned), ...excess].map(({ jobId }) => jobId),
  };
}

function openJobs(reading: RefreshReading, owners: ReadonlyMap<string, Job>): string[] {
  const open = new Set<string>();
  for (const job of reading.jobs) if (!isFinal(job)) open.add(job.jobId);
  for (const task of tasksOf(reading)) {
    if (kindOf(task) === undefined || !isFailure(task) || isFinished(task, owners, reading.missing)) continue;
    for (const id of task.jobIds) if (!owners.has(id) && !reading.missing.has(id)) open.add(id);
  }
  return [...open];
}

function newest(ended: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map([...ended].sort(([, a], [, b]) => b - a).slice(0, MAX_HANDLED));
}

/** 72 bits are enough to tell a thousand ids apart, and a thousand such keys fit into one stored string. */
function keyOf(id: string): string {
  const known = keys.get(id);
  if (known !== undefined) return known;
  if (keys.size >= 10_000) keys.clear();
  const key = shortHash(id).slice(0, 12);
  keys.set(id, key);
  return key;
}

/** Every poll hashes the same ids again, several times each. */
const keys = new Map<string, string>();
