import type { Job, Task } from '../../shared/insights/customer-insights.ts';
import type { MemoryInstance } from '../../shared/insights/memory-customer-insights.ts';
import type { Dice } from './dice.ts';
import type { Happened } from './fact.ts';
import type { Stage } from './stage.ts';

export interface JobScript {
  readonly stage: Stage;
  readonly data: MemoryInstance;
  readonly dice: Dice;
  /** The dice of what is odd: late reports and jobs that never end. */
  readonly odd: Dice;
  readonly at: (atMs: number, action: () => void) => void;
  /** Does something within two polls. */
  readonly later: (action: () => void) => void;
  /** An instant of now, unlike all others. */
  readonly instant: () => string;
  readonly publish: (happened: Happened, happenedAtMs?: number) => void;
}

/** Returns the function that starts a job, which ends by itself unless it is endless. */
export function createJobs({ stage, data, dice, odd, at, later, instant, publish }: JobScript) {
  const { plan, timeline, names } = stage;
  /** All jobs, whether Customer Insights lists them already or not. */
  let jobs: readonly Job[] = [];
  /** What happened in each job that is not listed yet. */
  const unlisted = new Map<string, { readonly happened: Happened; readonly atMs: number }[]>();
  /** Failed tasks that their job is about to repeat. */
  const triedAgain = new Set<string>();
  let ids = 0;

  const setJobs = (next: readonly Job[]): void => {
    jobs = next;
    data.jobs = jobs.filter(({ jobId }) => !unlisted.has(jobId));
  };
  const changeJob = (jobId: string, change: (job: Job) => Job): void =>
    setJobs(jobs.map((job) => (job.jobId === jobId ? change(job) : job)));
  const changeTask = (jobId: string, taskId: string, change: Partial<Task>): void =>
    changeJob(jobId, (job) => ({
      ...job,
      tasks: job.tasks.map((task) => (task.taskId === taskId ? { ...task, ...change } : task)),
    }));
  const record = (jobId: string, happened: Happened): void => {
    const withheld = unlisted.get(jobId);
    if (withheld) withheld.push({ happened, atMs: timeline.now() });
    else publish(happened);
  };
  const list = (jobId: string): void => {
    const withheld = unlisted.get(jobId) ?? [];
    unlisted.delete(jobId);
    setJobs(jobs);
    stage.count('Customer Insights reports a job late');
    for (const { happened, atMs } of withheld) publish(happened, atMs);
  };

  const publishTask = (jobId: string, task: Task): void => {
    const occurredAt = task.endedAt ?? '';
    if (task.operationType === 'merge') record(jobId, { trigger: 'unification-refresh-completed', occurredAt });
    const source = names.sources.find(({ name }) => name === task.friendlyName);
    if (task.operationType !== 'ingestion' || source === undefined) return;
    const trigger = task.status === 'successful' ? 'data-source-refresh-succeeded' : 'data-source-refresh-failed';
    record(jobId, { trigger, dataSourceId: source.id, occurredAt });
  };
  const endTask = (jobId: string, taskId: string, isEndless = false): void => {
    const status = dice.pick(['successful', 'successful', 'failed', 'timedout']);
    changeTask(jobId, taskId, { status, endedAt: instant() });
    const task = jobs.find((job) => job.jobId === jobId)?.tasks.find((one) => one.taskId === taskId);
    if (task === undefined) return;
    if (status === 'successful') publishTask(jobId, task);
    if (isEndless) return;
    if (status !== 'successful' && dice.chance(0.5)) {
      triedAgain.add(taskId);
      later(() => {
        triedAgain.delete(taskId);
        changeTask(jobId, taskId, { status: 'running', endedAt: undefined });
        later(() => endTask(jobId, taskId));
      });
      return;
    }
    later(() => endJob(jobId));
  };
  const endJob = (jobId: string): void => {
    const job = jobs.find((one) => one.jobId === jobId);
    if (job?.status !== 'running') return;
    if (job.tasks.some(({ status, taskId }) => status === 'running' || triedAgain.has(taskId))) return;
    const isFailed = job.tasks.some(({ status }) => status !== 'successful');
    const endedAt = instant();
    const status = isFailed ? 'failed' : 'successful';
    changeJob(jobId, (one) => ({ ...one, status, endedAt }));
    for (const task of job.tasks) if (task.status !== 'successful') publishTask(jobId, task);
    if (job.operationType === 'all') {
      const startedBy = job.submissionKind === 'scheduled' ? 'schedule' : 'user';
      record(jobId, { trigger: 'full-refresh-completed', startedBy, occurredAt: endedAt });
    }
    const longestMs = Math.min(plan.reportedLateMs, plan.stormMs / 2);
    if (unlisted.has(jobId)) at(timeline.now() + odd.between(1, longestMs), () => list(jobId));
  };

  return ({ isEndless = false }: { readonly isEndless?: boolean } = {}): void => {
    const random = isEndless ? odd : dice;
    const jobId = names.jobId(++ids);
    if (!isEndless && odd.chance(plan.reportedLate)) unlisted.set(jobId, []);
    const operationType = random.pick(['all', 'ingestion', 'merge']);
    const submittedAt = instant();
    const tasks: Task[] = [];
    const add = (type: string, friendlyName?: string): void => {
      const task = { status: 'running', operationType: type, jobIds: [jobId], friendlyName, submittedAt };
      tasks.push({ ...task, taskId: names.taskId(++ids), endedAt: undefined, error: undefined });
    };
    const source = random.pick(names.sources);
    if (operationType === 'ingestion') add('ingestion', source.name);
    if (operationType === 'all') for (const { name } of names.sources) add('ingestion', name);
    if (operationType !== 'ingestion') add('merge');
    const submissionKind = random.pick(['scheduled', 'scheduled', 'ondemand']);
    const idList = operationType === 'ingestion' ? [names.idInJob(source.id)] : [];
    setJobs([
      ...jobs,
      { jobId, submissionKind, status: 'running', operationType, submittedAt, endedAt: undefined, idList, tasks },
    ]);
    if (isEndless) stage.count('job never ends');
    if (isEndless && plan.oddIds && stage.unreadableJobs.size === 0) stage.unreadableJobs.add(jobId);
    for (const { taskId } of tasks) if (!isEndless || odd.chance(0.5)) later(() => endTask(jobId, taskId, isEndless));
  };
}
