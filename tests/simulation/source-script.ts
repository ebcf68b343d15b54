import type { Job, Task } from '../../shared/insights/customer-insights.ts';
import type { MemoryInstance } from '../../shared/insights/memory-customer-insights.ts';
import type { Trigger } from '../../shared/triggers/trigger.ts';
import type { Stage } from './stage.ts';

export const INSTANCE = '11111111-2222-3333-4444-555555555555';
export const SEGMENT = 'vip';
export const MEASURE = 'revenue';
export const SOURCES = [
  { id: 'aaaaaaaa-0000-0000-0000-000000000001', name: 'CRM' },
  { id: 'aaaaaaaa-0000-0000-0000-000000000002', name: 'Web' },
] as const;

/**
 * A fact of Customer Insights of which a flow may have to be notified, whether the app detects it
 * or not.
 */
export interface Fact {
  readonly trigger: Trigger;
  /** The data source id of an ingestion. */
  readonly dataSourceId?: string;
  /** Who started a full refresh. */
  readonly startedBy?: 'schedule' | 'user';
  /** Unique per trigger: it connects a callback with this fact. */
  readonly occurredAt: string;
  /** From when on Customer Insights shows it. */
  readonly publishedAtMs: number;
  /** From when on all lists of Customer Insights show it. */
  readonly shownByMs: number;
  /** Of a rise. */
  readonly previousValue?: number;
  readonly value?: number;
}

export interface SourceScript {
  readonly facts: readonly Fact[];
  /** Whether something will still happen. */
  isBusy(): boolean;
}

/** Values on both sides of one threshold, so that rises often cross it. */
const VALUES = [80, 90, 100, 100.5, 110, 120];

/**
 * Makes values change and jobs run before the calm. Returns the facts, a list that grows as they
 * happen.
 */
export function liveSources(stage: Stage, data: MemoryInstance): SourceScript {
  const { plan, dice, timeline } = stage;
  const facts: Fact[] = [];
  let lastInstantMs = plan.startMs - 60_000;
  /** Instants that are never equal. */
  const instant = (): string => {
    lastInstantMs = Math.max(lastInstantMs + 1, timeline.now() - dice.between(0, 20_000));
    return new Date(lastInstantMs).toISOString();
  };
  const publish = (fact: Omit<Fact, 'publishedAtMs' | 'shownByMs'>): void => {
    facts.push({ ...fact, publishedAtMs: timeline.now(), shownByMs: timeline.now() });
    stage.trace.add(timeline.now(), 'source', () => `FACT ${JSON.stringify(fact)}`);
  };
  let ahead = 0;
  const at = (atMs: number, action: () => void): void => {
    ahead += 1;
    timeline.at(atMs, () => {
      ahead -= 1;
      action();
      return false;
    });
  };
  const inStorm = (action: () => void): void => at(plan.startMs + dice.between(0, plan.stormMs), action);
  const later = (action: () => void): void =>
    at(timeline.now() + dice.between(0, Math.min(plan.stormMs / 6, 2 * plan.pollEveryMs)), action);
  const wants = (...triggers: Trigger[]): boolean => triggers.some((trigger) => plan.triggers.includes(trigger));

  data.dataSources = SOURCES.map(({ id, name }) => ({
    dataSourceId: id,
    name,
    displayName: name,
    active: true,
    refreshState: 'updated',
    lastRefreshAt: undefined,
  }));
  data.segments = [{ name: SEGMENT, displayName: 'VIP', state: 'active', latest: undefined, history: [] }];
  data.measures = [
    {
      name: MEASURE,
      displayName: 'Revenue',
      withoutDimension: true,
      latestState: 'completed',
      latestError: undefined,
      output: undefined,
      outputHistory: [],
      failures: [],
    },
  ];

  const evaluateSegment = (): void => {
    const [segment] = data.segments;
    if (segment === undefined) return;
    const evaluatedAt = instant();
    const status = dice.pick([
      'completedsuccess',
      'completedsuccess',
      'completedsuccess',
      'completedfailure',
      'running',
    ]);
    const memberCount = dice.pick(VALUES);
    const latest = { status, evaluatedAt, memberCount, error: undefined };
    const before = segment.history.at(-1);
    const isDone = status === 'completedsuccess';
    data.segments = [{ ...segment, latest, history: isDone ? [...segment.history, latest] : segment.history }];
    const previousValue = before?.memberCount;
    if (isDone && previousValue !== undefined && previousValue < memberCount) {
      publish({ trigger: 'segment-threshold-crossed', occurredAt: evaluatedAt, previousValue, value: memberCount });
    }
  };
  const evaluateMeasure = (): void => {
    const [measure] = data.measures;
    if (measure === undefined) return;
    const output = { evaluatedAt: instant(), value: dice.pick(VALUES) };
    const previousValue = measure.outputHistory.at(-1)?.value;
    data.measures = [{ ...measure, output, outputHistory: [...measure.outputHistory, output] }];
    if (previousValue !== undefined && previousValue < output.value) {
      publish({
        trigger: 'measure-threshold-crossed',
        occurredAt: output.evaluatedAt,
        previousValue,
        value: output.value,
      });
    }
  };
  if (wants('segment-threshold-crossed')) {
    if (dice.chance(0.8)) evaluateSegment();
    for (let count = 0; count < plan.evaluations; count++) inStorm(evaluateSegment);
  }
  if (wants('measure-threshold-crossed')) {
    if (dice.chance(0.8)) evaluateMeasure();
    for (let count = 0; count < plan.evaluations; count++) inStorm(evaluateMeasure);
  }

  const changeJob = (jobId: string, change: (job: Job) => Job): void => {
    data.jobs = data.jobs.map((job) => (job.jobId === jobId ? change(job) : job));
  };
  const changeTask = (jobId: string, taskId: string, change: Partial<Task>): void =>
    changeJob(jobId, (job) => ({
      ...job,
      tasks: job.tasks.map((task) => (task.taskId === taskId ? { ...task, ...change } : task)),
    }));

  const publishTask = (task: Task): void => {
    const occurredAt = task.endedAt ?? '';
    if (task.operationType === 'merge') publish({ trigger: 'unification-refresh-completed', occurredAt });
    const source = SOURCES.find(({ name }) => name === task.friendlyName);
    if (task.operationType !== 'ingestion' || source === undefined) return;
    const trigger = task.status === 'successful' ? 'data-source-refresh-succeeded' : 'data-source-refresh-failed';
    publish({ trigger, dataSourceId: source.id, occurredAt });
  };
  const endTask = (jobId: string, taskId: string): void => {
    const status = dice.pick(['successful', 'successful', 'failed', 'timedout']);
    changeTask(jobId, taskId, { status, endedAt: instant() });
    const task = data.jobs.find((job) => job.jobId === jobId)?.tasks.find((one) => one.taskId === taskId);
    if (task === undefined) return;
    if (status === 'successful') publishTask(task);
    else if (dice.chance(0.5)) {
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
    const job = data.jobs.find((one) => one.jobId === jobId);
    if (job?.status !== 'running') return;
    if (job.tasks.some(({ status, taskId }) => status === 'running' || triedAgain.has(taskId))) return;
    const isFailed = job.tasks.some(({ status }) => status !== 'successful');
    const endedAt = instant();
    const status = isFailed ? 'failed' : 'successful';
    changeJob(jobId, (one) => ({ ...one, status, endedAt }));
    for (const task of job.tasks) if (task.status !== 'successful') publishTask(task);
    if (job.operationType === 'all') {
      const startedBy = job.submissionKind === 'scheduled' ? 'schedule' : 'user';
      publish({ trigger: 'full-refresh-completed', startedBy, occurredAt: endedAt });
    }
  };
  /** Failed tasks that their job is about to repeat. */
  const triedAgain = new Set<string>();
  let ids = 0;
  const startJob = (): void => {
    const jobId = `job-${++ids}`;
    const operationType = dice.pick(['all', 'ingestion', 'merge']);
    const submittedAt = instant();
    const tasks: Task[] = [];
    const add = (type: string, friendlyName?: string): void => {
      const task = { status: 'running', operationType: type, jobIds: [jobId], friendlyName, submittedAt };
      tasks.push({ ...task, taskId: `task-${++ids}`, endedAt: undefined, error: undefined });
    };
    const source = dice.pick(SOURCES);
    if (operationType === 'ingestion') add('ingestion', source.name);
    if (operationType === 'all') for (const { name } of SOURCES) add('ingestion', name);
    if (operationType !== 'ingestion') add('merge');
    const submissionKind = dice.pick(['scheduled', 'scheduled', 'ondemand']);
    const idList = operationType === 'ingestion' ? [source.id] : [];
    data.jobs = [
      ...data.jobs,
      { jobId, submissionKind, status: 'running', operationType, submittedAt, endedAt: undefined, idList, tasks },
    ];
    for (const { taskId } of tasks) later(() => endTask(jobId, taskId));
  };
  if (
    wants(
      'data-source-refresh-failed',
      'data-source-refresh-succeeded',
      'full-refresh-completed',
      'unification-refresh-completed',
    )
  ) {
    if (dice.chance(0.5)) startJob();
    for (let count = 0; count < plan.jobs; count++) inStorm(startJob);
  }
  return { facts, isBusy: () => ahead > 0 };
}
