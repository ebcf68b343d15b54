import { allDone } from '../all-done.ts';
import { CustomerInsightsError, type CustomerInsights, type Job, type Task } from '../insights/customer-insights.ts';
import type { PlausibilityFilter } from './plausible-instants.ts';
import { isNamedByJobs, type ListedNames } from './data-source-names.ts';
import { detectRefreshes } from './detect-refreshes.ts';
import type { InstanceState } from './instance-state.ts';
import { anomaly, type Anomaly } from './anomaly.ts';
import { OPEN_FOR_MS } from './open-jobs.ts';
import { lacksTasks, reachesKnownJob } from './recent-jobs.ts';
import type { NamedReading, RefreshReading } from './refresh-reading.ts';
import { isUnread, type RefreshState } from './refresh-state.ts';
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
 * that is listed late sorts behind newer ones, so that only the task history shows it, not the page
 * of recent jobs.
 */
const HISTORY_EVERY_MS = 15 * 60_000;

/** The calls that reading refreshes makes. */
type RefreshCalls = Pick<CustomerInsights, 'jobs' | 'job' | 'tasks' | 'dataSources' | 'nodes'>;

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
 * Reads the recent jobs with their tasks, and open jobs by id. If the page of recent jobs contains
 * no known job, jobs may be missing from it. It then reads a larger page, and the task history if
 * that page contains no known job either. It also reads the task history when it is due, or when a
 * job is listed without its tasks.
 */
export async function readRefreshes(
  insights: RefreshCalls,
  remembered: InstanceState,
  nowMs: number,
): Promise<NamedReading> {
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
  const missing = new Set<string>();
  const reading = {
    jobs: [...jobs],
    tasks: history ?? [],
    missing,
    historyRead: taskHistory.isRead || history !== undefined,
  };
  // A baseline fires nothing, so it needs no names. But if another writer commits a baseline first,
  // this reading is compared with it, and the events that result need names.
  if (state === undefined) return { ...reading, names: await readAllNames(insights, instanceId) };
  for (const jobId of unreadOwners(state, reading).slice(0, MAX_JOB_READS)) {
    const job: Job | undefined = await insights.job(instanceId, jobId);
    if (job === undefined) missing.add(jobId);
    else reading.jobs.push(job);
  }
  return { ...reading, names: await readNames(insights, instanceId, state, reading, nowMs) };
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
  if (history === undefined || history.refreshesEtag !== refreshes.etag) return true;
  return nowMs - Date.parse(history.readAt) >= HISTORY_EVERY_MS;
}

const emptyNames: ListedNames = { dataSources: [], nodes: [] };

async function readAllNames(insights: RefreshCalls, instanceId: string): Promise<ListedNames> {
  const [dataSources, nodes] = await Promise.all([insights.dataSources(instanceId), insights.nodes(instanceId)]);
  return { dataSources, nodes };
}

/**
 * Reads the names only when an ingestion is to be reported, and the nodes only when its jobs do not
 * identify the data source.
 */
async function readNames(
  insights: RefreshCalls,
  instanceId: string,
  state: RefreshState,
  reading: RefreshReading,
  nowMs: number,
): Promise<ListedNames> {
  const ingestions = detectRefreshes(state, reading, nowMs).facts.flatMap((fact) =>
    fact.kind === 'ingestion' ? [fact] : [],
  );
  if (ingestions.length === 0) return emptyNames;
  const dataSources = await insights.dataSources(instanceId);
  const nodes = ingestions.every(({ jobs }) => isNamedByJobs(jobs)) ? [] : await insights.nodes(instanceId);
  return { dataSources, nodes };
}

/** An anomaly for each job that is abandoned now, after it has been open for `OPEN_FOR_MS`. */
export function abandonedJobs({ refreshes }: InstanceState, nowMs: number): Anomaly[] {
  const open = refreshes?.open ?? [];
  return open
    .filter(({ sinceMs = nowMs }) => nowMs - sinceMs > OPEN_FOR_MS)
    .map(({ jobId }) => anomaly('jobs', 'insights.job-never-ended', { jobId }));
}
