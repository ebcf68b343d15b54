import { allDone } from '../all-done.ts';
import type { Clock } from '../clock.ts';
import { CustomerInsightsError, type CustomerInsights, type Job, type Task } from '../insights/customer-insights.ts';
import type { PlausibilityFilter } from './plausible-instants.ts';
import { isNamedByJobs, type ListedNames } from './data-source-names.ts';
import { detectRefreshes } from './detect-refreshes.ts';
import type { InstanceState } from './instance-state.ts';
import { anomaly, type Anomaly } from './anomaly.ts';
import { OPEN_FOR_MS } from './open-jobs.ts';
import { lacksTasks, reachesKnownJob } from './recent-jobs.ts';
import { decisiveFailure, itemsTimer, refusesAllCalls } from './partial-reading.ts';
import type { NamedReading, RefreshReading } from './refresh-reading.ts';
import { isUnread, refreshesHash, type RefreshState } from './refresh-state.ts';
import { MAX_JOB_READS, unreadOwners } from './unread-owners.ts';

/**
 * Number of recent jobs that a poll reads. At one poll a minute, a job is rarely missing from this
 * page. When one may be missing, the larger page is read.
 */
const JOBS_PAGE = 10;
const JOBS_LARGE_PAGE = 100;
const TASK_HISTORY = 500;
/**
 * How often the task history, the list of the finished tasks of an instance, is read. A refresh
 * that is listed late sorts behind newer ones. The page of recent jobs may then not show it, but
 * the task history does.
 */
const HISTORY_EVERY_MS = 15 * 60_000;

/** The calls that reading refreshes makes. */
type RefreshCalls = Pick<CustomerInsights, 'jobs' | 'job' | 'tasks' | 'dataSources' | 'nodes'>;

/** The calls that read the names of data sources. */
type NameCalls = Pick<RefreshCalls, 'dataSources' | 'nodes'>;

/** The same calls, with implausible instants of jobs and tasks corrected. */
export function plausibleInsights(insights: RefreshCalls, plausibility: PlausibilityFilter): RefreshCalls {
  return {
    jobs: async (id, options) => (await insights.jobs(id, options)).map((job) => plausibility.job(job)),
    job: async (id, jobId) => {
      const job = await insights.job(id, jobId);
      return job && plausibility.job(job);
    },
    tasks: async (id, options) => (await insights.tasks(id, options)).map((task) => plausibility.task(task)),
    dataSources: (id) => insights.dataSources(id),
    nodes: (id) => insights.nodes(id),
  };
}

/**
 * Reads the recent jobs with their tasks, and open jobs (those that had not ended when last read)
 * by id. If the page of recent jobs contains no known job, jobs may be missing from it. A larger
 * page is then read, and the task history if that page contains no known job either. The task
 * history is also read when it is due, and when a job is listed without its tasks.
 *
 * If a job cannot be read by id, what else was read counts. If such a reading were discarded, a
 * single unreadable job, or more open jobs than there are call permits, would hide all refreshes
 * from every poll.
 */
export async function readRefreshes(
  insights: RefreshCalls,
  remembered: InstanceState,
  clock: Clock,
): Promise<NamedReading> {
  const nowMs = clock.now();
  const { instanceId, refreshes } = remembered;
  const state = refreshes && isUnread(refreshes) ? undefined : refreshes;
  // A baseline reads the larger page, because older jobs may still be open.
  const top = state === undefined ? JOBS_LARGE_PAGE : JOBS_PAGE;
  const [recent, taskHistory] = await readLists(insights, remembered, top, nowMs);
  let jobs = recent;
  if (state && !reachesKnownJob(state, jobs)) jobs = await insights.jobs(instanceId, { top: JOBS_LARGE_PAGE });
  const needsHistory = state && (!reachesKnownJob(state, jobs) || lacksTasks(state, jobs));
  const history =
    taskHistory.tasks ?? (needsHistory ? await insights.tasks(instanceId, { top: TASK_HISTORY }) : undefined);
  const reading = {
    jobs,
    tasks: history ?? [],
    missing: new Set<string>(),
    historyRead: taskHistory.isRead || history !== undefined,
  };
  // A baseline fires nothing, so it needs no names. But if another writer commits a baseline first,
  // this reading is compared with it, and the events that result need names.
  if (state === undefined) return { ...reading, names: await readAllNames(insights, instanceId) };
  const lists = namesOnce(insights);
  const namesOf = (read: RefreshReading, known: NamesRead): Promise<NamesRead> =>
    readNames(lists, instanceId, { state, reading: read, nowMs }, known);
  const owners = unreadOwners(state, reading).slice(0, MAX_JOB_READS);
  return readOwners(insights, { instanceId, owners, reading, namesOf, isTimeUp: itemsTimer(clock) });
}

/** The parameters for reading jobs by id. The jobs own tasks, hence the name. */
interface OwnersToRead {
  readonly instanceId: string;
  /** The ids of the jobs. */
  readonly owners: readonly string[];
  /** What the lists show. */
  readonly reading: Omit<NamedReading, 'names'>;
  /** Reads the names of data sources that a reading needs and that are not in `known`. */
  readonly namesOf: (reading: RefreshReading, known: NamesRead) => Promise<NamesRead>;
  readonly isTimeUp: () => boolean;
}

/**
 * Reads jobs by id, unless all calls are refused or the time is up. The next poll begins with the
 * jobs that are left. After each job, reads the names of data sources that its events need. If they
 * cannot be read, the job counts as not read.
 */
async function readOwners(
  insights: RefreshCalls,
  { instanceId, owners, reading: listed, namesOf, isTimeUp }: OwnersToRead,
): Promise<NamedReading> {
  let reading: Omit<NamedReading, 'names'> = listed;
  let names = await namesOf(reading, {});
  const failed = new Set<string>();
  let failure: CustomerInsightsError | undefined;
  for (const jobId of owners) {
    if (isTimeUp()) break;
    try {
      const job = await insights.job(instanceId, jobId);
      const next =
        job === undefined
          ? { ...reading, missing: new Set([...reading.missing, jobId]) }
          : { ...reading, jobs: [...reading.jobs, job] };
      names = await namesOf(next, names);
      reading = next;
    } catch (error) {
      if (!(error instanceof CustomerInsightsError)) throw error;
      failure = decisiveFailure(failure, error);
      // Without a call permit, nothing is known about the job, and the next poll begins with it.
      if (error.kind !== 'limited') failed.add(jobId);
      if (refusesAllCalls(error)) break;
    }
  }
  return { ...reading, failed, ...(failure && { failure }), names: { ...emptyNames, ...names } };
}

/** Reads the page of recent jobs and, concurrently, the task history when it is due. */
async function readLists(
  insights: RefreshCalls,
  state: InstanceState,
  top: number,
  nowMs: number,
): Promise<[Job[], HistoryTasks]> {
  const { instanceId } = state;
  const jobs = insights.jobs(instanceId, { top });
  const history = historyIsDue(state, nowMs) ? readHistory(insights, instanceId) : Promise.resolve({ isRead: false });
  await allDone<unknown>([jobs, history]);
  return [await jobs, await history];
}

/**
 * The tasks in the task history, if it could be read. `isRead`: do not try again before it is due.
 */
interface HistoryTasks {
  readonly tasks?: Task[];
  readonly isRead: boolean;
}

/**
 * Reads the task history. An error must not discard the page of jobs, so it is not thrown. The
 * history is then read again when it is next due, or by the next poll if there was no call permit.
 */
async function readHistory(insights: RefreshCalls, instanceId: string): Promise<HistoryTasks> {
  try {
    return { tasks: await insights.tasks(instanceId, { top: TASK_HISTORY }), isRead: true };
  } catch (error) {
    if (!(error instanceof CustomerInsightsError)) throw error;
    return { isRead: error.kind !== 'limited' };
  }
}

/**
 * Whether the task history is due. It is due at intervals, and after every change of the refresh
 * state, because a refresh that is listed late often follows another refresh.
 */
function historyIsDue({ refreshes, history }: InstanceState, nowMs: number): boolean {
  if (refreshes === undefined || isUnread(refreshes)) return false;
  if (history === undefined || history.refreshesHash !== refreshesHash(refreshes)) return true;
  return nowMs - Date.parse(history.readAt) >= HISTORY_EVERY_MS;
}

/** The names of data sources. Each list is absent until it is read. */
type NamesRead = Partial<ListedNames>;
const emptyNames: ListedNames = { dataSources: [], nodes: [] };

async function readAllNames(insights: RefreshCalls, instanceId: string): Promise<ListedNames> {
  const [dataSources, nodes] = await Promise.all([insights.dataSources(instanceId), insights.nodes(instanceId)]);
  return { dataSources, nodes };
}

/**
 * Reads each list of names at most once, even if that fails, because otherwise every job that needs
 * names would call Customer Insights again.
 */
function namesOnce(insights: RefreshCalls): NameCalls {
  const once = <T>(read: (instanceId: string) => Promise<T>): ((instanceId: string) => Promise<T>) => {
    let pending: Promise<T> | undefined;
    return (instanceId) => (pending ??= read(instanceId));
  };
  return { dataSources: once((id) => insights.dataSources(id)), nodes: once((id) => insights.nodes(id)) };
}

/**
 * Reads the names of data sources only if the reading contains a new ingestion (a refresh of a data
 * source), and the nodes (steps of the refresh pipeline) only if its jobs do not identify the data
 * source.
 */
async function readNames(
  insights: NameCalls,
  instanceId: string,
  { state, reading, nowMs }: { readonly state: RefreshState; readonly reading: RefreshReading; readonly nowMs: number },
  known: NamesRead,
): Promise<NamesRead> {
  const ingestions = detectRefreshes(state, reading, nowMs).facts.flatMap((fact) =>
    fact.kind === 'ingestion' ? [fact] : [],
  );
  if (ingestions.length === 0) return known;
  const dataSources = known.dataSources ?? (await insights.dataSources(instanceId));
  if (known.nodes !== undefined || ingestions.every(({ jobs }) => isNamedByJobs(jobs)))
    return { ...known, dataSources };
  return { dataSources, nodes: await insights.nodes(instanceId) };
}

/** An anomaly for each job that is abandoned now, after it has been open for `OPEN_FOR_MS`. */
export function abandonedJobs({ refreshes }: InstanceState, nowMs: number): Anomaly[] {
  const open = refreshes?.open ?? [];
  return open
    .filter(({ sinceMs = nowMs }) => nowMs - sinceMs > OPEN_FOR_MS)
    .map(({ jobId }) => anomaly('jobs', 'insights.job-never-ended', { jobId }));
}
