import type { RefreshStatus } from '../events/event.ts';
import type { Job, Task } from '../insights/customer-insights.ts';
import { isReportedStatus, knownStatus, type KnownStatus } from '../insights/status-words.ts';
import { shortHash } from '../triggers/subject.ts';

/** What is remembered of an instance's jobs and tasks between two looks. */
export interface RefreshState {
  /** Refreshes observed so far. */
  readonly sequence: number;
  /** Jobs to read again by id until they are final; those that were not read for longest come first. */
  readonly open: readonly OpenJob[];
  /** Jobs and tasks that are done with, by hashed id, with the instant they ended. */
  readonly handled: ReadonlyMap<string, number>;
  /** Whatever ended at or before this instant is done with, even if `handled` has forgotten it. */
  readonly floorMs: number;
  /** The ids of data sources by each name that they were seen with, as `namedBefore` has it. */
  readonly names: ReadonlyMap<string, string>;
}

/** A job that has not ended as far as is known. */
export interface OpenJob {
  readonly jobId: string;
  /** When it was first seen open; `undefined` when an earlier version remembered it. */
  readonly sinceMs: number | undefined;
}

/** What one look at the jobs brought. */
export interface RefreshReading {
  /** The page of recent jobs and the jobs that were read by id. */
  readonly jobs: readonly Job[];
  /** Tasks from the history, when the jobs did not reach back far enough. */
  readonly tasks: readonly Task[];
  /** Ids of jobs that do not exist (any more). */
  readonly missing: ReadonlySet<string>;
}

/** A refresh that ended, in the order they ended. */
export type RefreshFact =
  | {
      readonly kind: 'job';
      readonly sequence: number;
      readonly status: RefreshStatus;
      /** The word of Customer Insights, when it is a synonym. */
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
/** As many ids as a stored string of 32,000 characters holds with ease. */
const MAX_OPEN = 300;
/** A job that has not ended by then never will. */
export const OPEN_FOR_MS = 14 * 24 * 3600 * 1000;
/** Jobs read by id in one look; the rest waits for the next. */
export const MAX_JOB_READS = 10;
const NO_FLOOR = -1;
/** What has ended is listed within this time. */
const LISTED_WITHIN_MS = 3600 * 1000;

const openStatuses: ReadonlySet<KnownStatus> = new Set(['queued', 'needsupdate', 'running'] as const);
const tellingStatuses: ReadonlyMap<KnownStatus | undefined, RefreshStatus> = new Map([
  ['successful', 'successful'],
  ['failed', 'failed'],
  ['timedout', 'timedOut'],
]);

/** Whether a job or task has reached its end. One with a status that nobody knows has, when it says when. */
export function isFinal({ status, endedAt }: Pick<Job | Task, 'status' | 'endedAt'>): boolean {
  const known = knownStatus(status);
  return known === undefined ? endedAt !== undefined : !openStatuses.has(known);
}

/** The word of Customer Insights, when it is not one of the published clients' own. */
function originalOf({ status, writtenStatus }: Job | Task): string | undefined {
  return isReportedStatus(status) ? undefined : (writtenStatus ?? status);
}

/** The first look: everything that has ended is done with, everything open is remembered. */
export function baselineRefreshes(reading: RefreshReading, nowMs: number): RefreshState {
  const owners = jobsById(reading.jobs);
  const ended: [string, number][] = [];
  for (const job of reading.jobs) if (isFinal(job)) ended.push([keyOf(job.jobId), endOf(job)]);
  for (const task of tasksOf(reading)) {
    if (isDoneWith(task, owners, reading.missing)) ended.push([keyOf(task.taskId), endOfTask(task, owners)]);
  }
  const instants = ended.map(([, endedAtMs]) => endedAtMs);
  return {
    sequence: 0,
    open: openJobs(reading, owners)
      .slice(0, MAX_OPEN)
      .map((jobId) => ({ jobId, sinceMs: nowMs })),
    handled: new Map(newest(ended)),
    // Nobody knows how long a page may be: what ended before the oldest that it shows was over before we looked, and so was what ended well before the newest.
    floorMs:
      ended.length > 0 ? Math.max(Math.min(...instants) - 1, Math.max(...instants) - LISTED_WITHIN_MS) : NO_FLOOR,
    names: new Map(),
  };
}

/**
 * The refreshes that ended since the last look. Ingestions and merges are known by task, full refreshes by job; each is told once. A
 * success is told at once; a failure when every owning job is final, because Customer Insights tries failed tasks again.
 * At most `maxFacts`, the earliest; the rest is found again by the next call. Jobs that were open for `OPEN_FOR_MS` are done with, whatever becomes of them.
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
    const status = tellingStatuses.get(knownStatus(task.status));
    if (status === undefined || !isDoneWith(task, owners, reading.missing)) continue;
    handled.set(keyOf(task.taskId), endedAtMs);
    const jobs = task.jobIds.flatMap((id) => owners.get(id) ?? []);
    found.push({ endedAtMs, fact: { kind, sequence: 0, status, originalStatus: originalOf(task), task, jobs } });
  }
  for (const job of owners.values()) {
    if (!isFinal(job) || isKnown(job.jobId, endOf(job), [job.jobId])) continue;
    handled.set(keyOf(job.jobId), endOf(job));
    const status = tellingStatuses.get(knownStatus(job.status));
    if (status !== undefined && job.operationType === 'all') {
      found.push({
        endedAtMs: endOf(job),
        fact: { kind: 'job', sequence: 0, status, originalStatus: originalOf(job), job },
      });
    }
  }
  found.sort((a, b) => a.endedAtMs - b.endedAtMs);
  // What goes beyond one step is left as if it had not been seen.
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

/** Jobs of which a failed task waits for news and that the reading does not hold; those that were not read for longest come first. */
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

/** Jobs that only the task history tells of: their own ends may be news too. */
function historyJobs(state: RefreshState, reading: RefreshReading): string[] {
  const news = reading.tasks.filter((task) => task.endedAt === undefined || Date.parse(task.endedAt) > state.floorMs);
  return [...new Set(news.flatMap(({ jobIds }) => jobIds))].filter((jobId) => !state.handled.has(keyOf(jobId)));
}

/** Whether a page of jobs joins on to what is known: it holds a job seen before. How long a page may be is documented nowhere. */
export function joins(state: RefreshState, jobs: readonly Job[]): boolean {
  const open = new Set(state.open.map(({ jobId }) => jobId));
  return jobs.length === 0 || jobs.some(({ jobId }) => open.has(jobId) || state.handled.has(keyOf(jobId)));
}

/** Whether a job that has just ended came without its tasks, although it must have had some. */
export function lacksTasks(state: RefreshState, jobs: readonly Job[]): boolean {
  return jobs.some(
    (job) =>
      job.tasks.length === 0 &&
      telling.has(job.operationType) &&
      isFinal(job) &&
      !state.handled.has(keyOf(job.jobId)) &&
      endOf(job) > state.floorMs,
  );
}

/** What jobs are made of whose ends are told. */
const telling = new Set(['all', 'ingestion', 'merge']);

/** When a task ended: its own word, else its job's. 0 when nobody says. */
export function endOfTask(task: Task, owners: ReadonlyMap<string, Job>): number {
  if (task.endedAt !== undefined) return Date.parse(task.endedAt);
  return Math.max(0, ...task.jobIds.map((id) => owners.get(id)).map((job) => (job ? endOf(job) : 0)));
}

/** When a job ended, ms since the epoch: when it was submitted, if it does not say. */
export function endOf(job: Job): number {
  return Date.parse(job.endedAt ?? job.submittedAt ?? '1970-01-01T00:00:00.000Z');
}

/** Whether a task ended without what it was to do, by its own fault. */
export function isFailure({ status }: Task): boolean {
  const known = knownStatus(status);
  return known === 'failed' || known === 'timedout';
}

/** Nothing more will be heard of the task: it succeeded, or it ended otherwise and so did every job that could try it again. */
function isDoneWith(task: Task, owners: ReadonlyMap<string, Job>, missing: ReadonlySet<string>): boolean {
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

/** Every task of the reading once; owned by all jobs that name it or are named by it. */
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

/** Each job by its id; the last that was read counts. */
export function jobsById(jobs: readonly Job[]): Map<string, Job> {
  return new Map(jobs.map((job) => [job.jobId, job]));
}

/**
 * The jobs to read again, and those that are given up. Who was not read this time goes before who was, so that a fixed number of reads in
 * each look comes round to all of them.
 */
function nextOpen(
  state: RefreshState,
  reading: RefreshReading,
  nowMs: number,
): { readonly open: readonly OpenJob[]; readonly abandonedJobs: readonly string[] } {
  const owners = jobsById(reading.jobs);
  const since = new Map(state.open.map(({ jobId, sinceMs }) => [jobId, sinceMs ?? nowMs]));
  // What could not be read this time is read next time.
  const unread = [...since.keys(), ...historyJobs(state, reading)].filter(
    (jobId) => !owners.has(jobId) && !reading.missing.has(jobId),
  );
  const isOpen = new Set(openJobs(reading, owners).filter((jobId) => !state.handled.has(keyOf(jobId))));
  const readAgain = [...since.keys()].filter((jobId) => isOpen.has(jobId));
  const inTurn = [...new Set([...unread, ...readAgain, ...isOpen])].map((jobId) => ({
    jobId,
    sinceMs: since.get(jobId) ?? nowMs,
  }));
  const isGivenUp = ({ sinceMs }: { sinceMs: number }): boolean => nowMs - sinceMs > OPEN_FOR_MS;
  const open = inTurn.filter((one) => !isGivenUp(one));
  const tooMany = open.toSorted((a, b) => a.sinceMs - b.sinceMs).slice(0, Math.max(0, open.length - MAX_OPEN));
  return {
    open: open.filter((one) => !tooMany.includes(one)),
    abandonedJobs: [...inTurn.filter(isGivenUp), ...tooMany].map(({ jobId }) => jobId),
  };
}

function openJobs(reading: RefreshReading, owners: ReadonlyMap<string, Job>): string[] {
  const open = new Set<string>();
  for (const job of reading.jobs) if (!isFinal(job)) open.add(job.jobId);
  for (const task of tasksOf(reading)) {
    if (kindOf(task) === undefined || !isFailure(task) || isDoneWith(task, owners, reading.missing)) continue;
    for (const id of task.jobIds) if (!owners.has(id) && !reading.missing.has(id)) open.add(id);
  }
  return [...open];
}

function newest(ended: readonly (readonly [string, number])[]): Map<string, number> {
  return new Map([...ended].sort(([, a], [, b]) => b - a).slice(0, MAX_HANDLED));
}

/** 72 bits are plenty for a thousand ids, and a thousand of them fit into one stored string. */
function keyOf(id: string): string {
  const known = keys.get(id);
  if (known !== undefined) return known;
  if (keys.size >= 10_000) keys.clear();
  const key = shortHash(id).slice(0, 12);
  keys.set(id, key);
  return key;
}

/** Every poll sees the same ids again, several times each. */
const keys = new Map<string, string>();
