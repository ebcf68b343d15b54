import { allDone } from '../all-done.ts';
import { CustomerInsightsError, type CustomerInsights, type Job, type Task } from '../insights/customer-insights.ts';
import type { PlausibilityFilter } from './plausible-instants.ts';
import { isNamedByJobs, type ListedNames } from './data-source-names.ts';
import { isUnread, NEVER_READ } from './detect.ts';
import type { InstanceState, StoredRefreshState } from './instance-state.ts';
import { anomaly, type Anomaly } from './anomaly.ts';
import {
  baselineRefreshes,
  detectRefreshes,
  joins,
  lacksTasks,
  MAX_JOB_READS,
  OPEN_FOR_MS,
  unreadOwners,
  type RefreshReading,
  type RefreshState,
} from './refresh-detection.ts';

/** A page of recent jobs: at one look a minute, more than this in between is rare, and then the next size is asked for. */
const JOBS_PAGE = 10;
const JOBS_LARGE_PAGE = 100;
const TASK_HISTORY = 500;
/** A refresh that is listed late lies behind newer ones, where no page of recent jobs shows it. */
const HISTORY_EVERY_MS = 15 * 60_000;

/** The calls that reading refreshes takes. */
type RefreshCalls = Pick<CustomerInsights, 'jobs' | 'job' | 'tasks' | 'dataSources' | 'nodes'>;

/** What a look at the refreshes of an instance brought. */
export type NamedReading = RefreshReading & {
  readonly names: ListedNames;
  /** Whether the task history was asked for and there was a call left for it. */
  readonly historyRead: boolean;
};

/** Jobs and tasks as they are believed. */
export function plausibleInsights(insights: RefreshCalls, doubts: PlausibilityFilter): RefreshCalls {
  return {
    jobs: async (id, options) => (await insights.jobs(id, options)).map((job) => doubts.job(job)),
    job: async (id, jobId) => {
      const job = await insights.job(id, jobId);
      return job && doubts.job(job);
    },
    tasks: async (id, options) => (await insights.tasks(id, options)).map((task) => doubts.task(task)),
    dataSources: (id) => insights.dataSources(id),
    nodes: (id) => insights.nodes(id),
  };
}

/** Recent jobs with their tasks, further back when the page does not join on to what is known or it is time to, and open ones by id. */
export async function readRefreshes(
  insights: RefreshCalls,
  remembered: InstanceState,
  nowMs: number,
): Promise<NamedReading> {
  const { instanceId, refreshes } = remembered;
  const state = refreshes && isUnread(refreshes) ? undefined : refreshes;
  // A baseline looks further back, for jobs that are still open.
  const top = state === undefined ? JOBS_LARGE_PAGE : JOBS_PAGE;
  const [recent, late] = await readLists(insights, remembered, top, nowMs);
  let jobs = recent;
  if (state && !joins(state, jobs)) jobs = await insights.jobs(instanceId, { top: JOBS_LARGE_PAGE });
  const needsHistory = state && (!joins(state, jobs) || lacksTasks(state, jobs));
  const history = late.tasks ?? (needsHistory ? await insights.tasks(instanceId, { top: TASK_HISTORY }) : undefined);
  const missing = new Set<string>();
  const reading = { jobs: [...jobs], tasks: history ?? [], missing, historyRead: late.isRead || history !== undefined };
  // A baseline needs none; but should somebody else be faster with theirs, what ended since then is told by this reading.
  if (state === undefined) return { ...reading, names: await readAllNames(insights, instanceId) };
  for (const jobId of unreadOwners(state, reading).slice(0, MAX_JOB_READS)) {
    const job: Job | undefined = await insights.job(instanceId, jobId);
    if (job === undefined) missing.add(jobId);
    else reading.jobs.push(job);
  }
  return { ...reading, names: await readNames(insights, instanceId, state, reading, nowMs) };
}

/** The page of recent jobs, and in the same turn the task history when it is time to. */
async function readLists(
  insights: RefreshCalls,
  state: InstanceState,
  top: number,
  nowMs: number,
): Promise<[Job[], LateTasks]> {
  const { instanceId } = state;
  const jobs = insights.jobs(instanceId, { top });
  const history = historyIsDue(state, nowMs) ? readHistory(insights, instanceId) : Promise.resolve({ isRead: false });
  await allDone<unknown>([jobs, history]);
  return [await jobs, await history];
}

interface LateTasks {
  readonly tasks?: Task[];
  readonly isRead: boolean;
}

/** The page of jobs alone is an answer too. A history that fails is asked for again when it is time, at once when there was no call left. */
async function readHistory(insights: RefreshCalls, instanceId: string): Promise<LateTasks> {
  try {
    return { tasks: await insights.tasks(instanceId, { top: TASK_HISTORY }), isRead: true };
  } catch (error) {
    if (!(error instanceof CustomerInsightsError)) throw error;
    return { isRead: error.kind !== 'limited' };
  }
}

/** Now and then, and after anything has changed: what is listed late is listed soon after others. */
function historyIsDue({ refreshes, history }: InstanceState, nowMs: number): boolean {
  if (refreshes === undefined || isUnread(refreshes)) return false;
  return history?.of !== refreshes.etag || nowMs - Date.parse(history.readAt) >= HISTORY_EVERY_MS;
}

const noNames: ListedNames = { dataSources: [], nodes: [] };

async function readAllNames(insights: RefreshCalls, instanceId: string): Promise<ListedNames> {
  const [dataSources, nodes] = await Promise.all([insights.dataSources(instanceId), insights.nodes(instanceId)]);
  return { dataSources, nodes };
}

/** Names are read only when there is an ingestion to tell of, nodes only when its job does not say which data source it was. */
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
  if (ingestions.length === 0) return noNames;
  const dataSources = await insights.dataSources(instanceId);
  const nodes = ingestions.every(({ jobs }) => isNamedByJobs(jobs)) ? [] : await insights.nodes(instanceId);
  return { dataSources, nodes };
}

/** The state of an instance's refreshes before anything was read: the next look is its baseline. */
export function unseenRefreshes(): StoredRefreshState {
  const empty = baselineRefreshes({ jobs: [], tasks: [], missing: new Set() }, 0);
  return { ...empty, sequence: NEVER_READ, isSuspended: false, isLeaving: false, etag: '' };
}

/** Jobs that this look gives up waiting for. */
export function abandonedJobs({ refreshes }: InstanceState, nowMs: number): Anomaly[] {
  const open = refreshes?.open ?? [];
  return open
    .filter(({ sinceMs = nowMs }) => nowMs - sinceMs > OPEN_FOR_MS)
    .map(({ jobId }) => anomaly('jobs', 'insights.job-never-ended', { jobId }));
}
