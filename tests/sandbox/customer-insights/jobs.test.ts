import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  contosoInstanceId as instanceId,
  contosoSandboxInstanceId,
  crmDataSourceId,
  storeDataSourceId,
} from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import type {
  DataSourceMetadata,
  GraphJobInfo,
  GraphNodeInfo,
  GraphTaskInfo,
  MeasureMetadata,
  SegmentMetadata,
} from '../../../sandbox/customer-insights/state/documented-shapes.ts';
import { deviations } from './documented-schemas.ts';
import { minuteMs, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

type Job = GraphJobInfo & { readonly tasks: GraphTaskInfo[] };

let sandbox: OpenSandbox;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.stop());

async function jobs(top = 10): Promise<Job[]> {
  return (await sandbox.get(`/workflows/main/jobs?includeTasks=true&top=${top}`)).body as Job[];
}

async function dataSource(dataSourceId: string): Promise<DataSourceMetadata> {
  const { body } = await sandbox.get(`/manage/datasources/${dataSourceId}`);
  return (body as { dataSourceMetadata: DataSourceMetadata }).dataSourceMetadata;
}

async function node(operationType: string, identifier?: string): Promise<GraphNodeInfo | undefined> {
  const nodes = (await sandbox.get('/workflows/main/status')).body as Partial<GraphNodeInfo>[];
  return nodes.find(
    (found) => found.operationType === operationType && found.identifier === identifier,
  ) as GraphNodeInfo;
}

async function measure(name: string): Promise<MeasureMetadata> {
  return (await sandbox.get(`/manage/measures/${name}`)).body as MeasureMetadata;
}

const crm = { instanceId, dataSourceId: crmDataSourceId };
const statesOf = ({ tasks }: Job): string[] => tasks.map((task) => `${task.operationType} ${task.taskStatus}`);

describe('a refresh of a data source', () => {
  test.each([
    ['successful', 'updated'],
    ['failed', 'updateFailed'],
    ['timedOut', 'updateFailed'],
    ['aborted', 'updateCancelled'],
  ] as const)('that ends %s is a job of its own, and the data source is %s', async (end, refreshState) => {
    const { lastRefresh } = await dataSource(crmDataSourceId);
    sandbox.clock.advance(minuteMs);
    const { jobId } = sandbox.control.refreshDataSource({ ...crm, end });
    const [job] = await jobs();
    expect(job).toMatchObject({
      jobId,
      jobStatus: end,
      jobSubmissionKind: 'onDemand',
      operationType: 'ingestion',
      idList: [crmDataSourceId],
      tasks: [{ operationType: 'ingestion', taskStatus: end, friendlyName: 'Contoso CRM', jobIds: [jobId] }],
    });
    expect(job?.tasks[0]).not.toHaveProperty('identifier');
    expect(await node('ingestion', crmDataSourceId)).toMatchObject({ taskStatus: end, jobIds: [jobId] });
    const after = await dataSource(crmDataSourceId);
    expect(after.refreshState).toBe(refreshState);
    expect(after.lastRefresh !== lastRefresh).toBe(end === 'successful');
  });

  test('says why it failed', async () => {
    sandbox.control.refreshDataSource({ ...crm, end: 'failed', error: 'The password has expired.' });
    const [job] = await jobs();
    expect(job?.tasks[0]?.ciError).toMatchObject({ message: 'The password has expired.' });
    sandbox.control.refreshDataSource({ ...crm, end: 'timedOut' });
    expect((await jobs())[0]?.tasks[0]?.ciError).toMatchObject({ errorCode: 'dataSourceRefreshTimeout' });
  });

  test('that fails leaves the last success on the node', async () => {
    const { jobId } = sandbox.control.refreshDataSource(crm);
    const succeeded = await node('ingestion', crmDataSourceId);
    expect(succeeded?.lastSuccessJobIds).toEqual([jobId]);
    sandbox.control.refreshDataSource({ ...crm, end: 'failed' });
    expect(await node('ingestion', crmDataSourceId)).toMatchObject({
      taskStatus: 'failed',
      lastSuccessJobIds: [jobId],
      lastSuccessfulTimestamp: succeeded?.lastSuccessfulTimestamp,
    });
  });

  test('may be scheduled', async () => {
    sandbox.control.refreshDataSource({ ...crm, submission: 'scheduled' });
    expect((await jobs())[0]).toMatchObject({ jobSubmissionKind: 'scheduled', operationType: 'ingestion' });
  });

  test('goes step by step: a failed task is tried again in the same job', async () => {
    const { jobId, tasks } = sandbox.control.refreshDataSource({ ...crm, end: 'open' });
    const taskId = tasks[0]?.taskId ?? '';
    expect((await jobs())[0]).toMatchObject({ jobStatus: 'running', tasks: [{ taskStatus: 'running' }] });
    expect((await jobs())[0]).not.toHaveProperty('endTimestamp');
    expect((await dataSource(crmDataSourceId)).refreshState).toBe('updating');

    sandbox.control.moveTask({ instanceId, taskId, status: 'failed' });
    expect((await jobs())[0]).toMatchObject({ jobStatus: 'running', tasks: [{ taskId, taskStatus: 'failed' }] });

    sandbox.control.moveTask({ instanceId, taskId, status: 'running' });
    const retried = (await jobs())[0]?.tasks[0];
    expect(retried).toMatchObject({ taskId, taskStatus: 'running' });
    expect(retried).not.toHaveProperty('endTimestamp');
    expect(retried).not.toHaveProperty('ciError');

    sandbox.control.moveTask({ instanceId, taskId, status: 'successful' });
    sandbox.control.endJob({ instanceId, jobId, status: 'successful' });
    expect((await jobs())[0]).toMatchObject({ jobStatus: 'successful', tasks: [{ taskId, taskStatus: 'successful' }] });
    expect((await dataSource(crmDataSourceId)).refreshState).toBe('updated');
    expect(() => sandbox.control.endJob({ instanceId, jobId, status: 'failed' })).toThrow('has ended');
  });

  test('shares its task with another open job, and the task outlives the job that ends first', async () => {
    const first = sandbox.control.refreshDataSource({ ...crm, end: 'open' });
    const second = sandbox.control.refreshAll({ instanceId, end: 'open' });
    const [all, own] = await jobs();
    const shared = own?.tasks[0];
    expect(shared?.jobIds).toEqual([first.jobId, second.jobId]);
    expect(all?.tasks.map(({ taskId }) => taskId)).toContain(shared?.taskId);
    expect((await node('ingestion', crmDataSourceId))?.jobIds).toEqual([first.jobId, second.jobId]);

    sandbox.control.endJob({ instanceId, jobId: first.jobId, status: 'aborted' });
    expect((await jobs())[1]).toMatchObject({ jobStatus: 'aborted', tasks: [{ taskStatus: 'running' }] });
    sandbox.control.endJob({ instanceId, jobId: second.jobId, status: 'aborted' });
    expect((await jobs())[1]?.tasks[0]?.taskStatus).toBe('aborted');
  });
});

describe('a full refresh', () => {
  test('refreshes everything, in the order of dependence, and skips what is inactive', async () => {
    sandbox.clock.advance(minuteMs);
    sandbox.control.refreshAll({
      instanceId,
      submission: 'scheduled',
      memberCounts: { ChurnRisk: 200 },
      measureValues: { ActiveCustomers: 999 },
    });
    const [job] = await jobs();
    expect(job).toMatchObject({
      jobSubmissionKind: 'scheduled',
      operationType: 'all',
      jobStatus: 'successful',
      idList: [],
    });
    expect(statesOf(job as Job)).toEqual([
      ...Array<string>(3).fill('ingestion successful'),
      'match successful',
      'merge successful',
      ...Array<string>(3).fill('segmentation successful'),
      'segmentation skipped',
      ...Array<string>(4).fill('measures successful'),
    ]);
    const segments = (await sandbox.get('/manage/segments')).body;
    expect(segments).toMatchObject([
      { name: 'HighValueCustomers', evaluationStatus: { entityCount: 42, evaluationDate: '2026-11-23T10:01:00.000Z' } },
      { name: 'ChurnRisk', evaluationStatus: { entityCount: 200, evaluationDate: '2026-11-23T10:01:00.000Z' } },
      { name: 'NewsletterReaders' },
      { name: 'LapsedCustomers', evaluationStatus: { entityCount: 31 } },
    ]);
    expect((await sandbox.get('/manage/measures/ActiveCustomers')).body).toMatchObject({
      output: { values: { ActiveCustomers: '999' } },
    });
  });

  test.each(['failed', 'timedOut'] as const)('that is %s at the merge skips what depends on it', async (end) => {
    const before = (await sandbox.get('/manage/segments')).body;
    sandbox.control.refreshAll({ instanceId, end });
    const [job] = await jobs();
    expect(job).toMatchObject({ jobStatus: end, jobSubmissionKind: 'onDemand' });
    expect(statesOf(job as Job)).toEqual([
      ...Array<string>(3).fill('ingestion successful'),
      'match successful',
      `merge ${end}`,
      ...Array<string>(4).fill('segmentation skipped'),
      ...Array<string>(4).fill('measures skipped'),
    ]);
    expect((await sandbox.get('/manage/segments')).body).toEqual(before);
  });

  test('may fail at one data source, or at one segment', async () => {
    const failsAt = { operationType: 'ingestion', identifier: storeDataSourceId };
    sandbox.control.refreshAll({ instanceId, end: 'failed', failsAt });
    expect(statesOf((await jobs())[0] as Job).slice(0, 5)).toEqual([
      'ingestion successful',
      'ingestion failed',
      'ingestion successful',
      'match skipped',
      'merge skipped',
    ]);
    sandbox.control.refreshAll({ instanceId, end: 'failed', failsAt: { operationType: 'segmentation' } });
    expect(statesOf((await jobs())[0] as Job).slice(5, 8)).toEqual([
      'segmentation failed',
      'segmentation successful',
      'segmentation successful',
    ]);
  });

  test('that cannot fail where it is set to is not started', async () => {
    const failsAt = { operationType: 'segmentation', identifier: 'LapsedCustomers' };
    expect(() => sandbox.control.refreshAll({ instanceId, end: 'failed', failsAt })).toThrow('no segmentation task');
    expect(await jobs()).toHaveLength(3);
  });

  test.each([
    [{ memberCounts: { None: 1 } }, "no segment 'None'"],
    [{ measureValues: { None: 1 } }, "no measure 'None'"],
    [{ measureValues: { RevenueByCountry: 1 } }, 'no single value'],
  ])('with the results %j is not started', async (results, reason) => {
    expect(() => sandbox.control.refreshAll({ instanceId, ...results })).toThrow(reason);
    expect(await jobs()).toHaveLength(3);
  });

  test('gives a result to the task that has it, and to no other', async () => {
    const { tasks } = sandbox.control.refreshAll({ instanceId, end: 'open' });
    const taskOf = (name: string): string => tasks.find(({ identifier }) => identifier === name)?.taskId ?? '';
    const move = { instanceId, status: 'successful' } as const;
    const segment = taskOf('ChurnRisk');
    const [withoutDimension, withDimension] = [taskOf('TotalRevenue'), taskOf('RevenueByCountry')];
    expect(() => sandbox.control.moveTask({ ...move, taskId: segment, value: 1 })).toThrow('has no value');
    expect(() => sandbox.control.moveTask({ ...move, taskId: withDimension, value: 1 })).toThrow('no single value');
    expect(() => sandbox.control.moveTask({ ...move, taskId: withoutDimension, memberCount: 1 })).toThrow(
      'no member count',
    );
    expect((await jobs())[0]?.tasks.filter(({ taskStatus }) => taskStatus === 'successful')).toEqual([]);

    sandbox.control.moveTask({ ...move, taskId: segment, memberCount: 90 });
    sandbox.control.moveTask({ ...move, taskId: withoutDimension, value: 9 });
    const segments = (await sandbox.get('/manage/segments')).body;
    expect(segments).toContainEqual(
      expect.objectContaining({
        name: 'ChurnRisk',
        evaluationStatus: expect.objectContaining({ entityCount: 90 }) as unknown,
      }),
    );
    const { body } = await sandbox.get('/manage/measures/TotalRevenue');
    expect(body).toMatchObject({ output: { values: { TotalRevenue: '9' } } });
  });

  test('that is cancelled cancels the evaluations that run, not those that wait', async () => {
    const { jobId, tasks } = sandbox.control.refreshAll({ instanceId, end: 'open' });
    const { latestEvaluation } = await measure('TotalRevenue');
    for (const { taskId, identifier } of tasks) {
      if (identifier !== 'ChurnRisk' && identifier !== 'TotalRevenue') continue;
      sandbox.control.moveTask({ instanceId, taskId, status: 'running' });
    }
    expect((await measure('TotalRevenue')).latestEvaluation.state).toBe('running');
    sandbox.control.endJob({ instanceId, jobId, status: 'aborted' });
    const segments = (await sandbox.get('/manage/segments')).body as SegmentMetadata[];
    expect(segments.map(({ evaluationStatus }) => evaluationStatus.jobStatus)).toEqual([
      'CompletedSuccess',
      'Cancelled',
      'CompletedSuccess',
      'CompletedSuccess',
    ]);
    expect((await measure('TotalRevenue')).latestEvaluation).toEqual(latestEvaluation);
  });

  test('lets each task wait for those of the stages before', async () => {
    sandbox.control.refreshAll({ instanceId });
    const [job] = await jobs();
    const waits = Object.fromEntries(job?.tasks.map((task) => [task.operationType, task.waitingTaskIds.length]) ?? []);
    expect(waits).toEqual({ ingestion: 0, match: 3, merge: 4, segmentation: 5, measures: 5 });
    expect(job?.tasks[4]?.waitingTaskIds).toEqual(job?.tasks.slice(0, 4).map(({ taskId }) => taskId));
  });

  test('that is ended by hand ends its running tasks alike and skips the queued ones', async () => {
    const { jobId } = sandbox.control.refreshAll({ instanceId, end: 'open' });
    const states = new Set(statesOf((await jobs())[0] as Job));
    expect([...states].sort()).toEqual([
      'ingestion running',
      'match queued',
      'measures queued',
      'merge queued',
      'segmentation queued',
      'segmentation skipped',
    ]);
    sandbox.control.endJob({ instanceId, jobId, status: 'timedOut' });
    expect([...new Set(statesOf((await jobs())[0] as Job))]).toEqual([
      'ingestion timedOut',
      'match skipped',
      'merge skipped',
      'segmentation skipped',
      'measures skipped',
    ]);
  });

  test('is not scheduled on an instance of type sandbox', () => {
    const refresh = { instanceId: contosoSandboxInstanceId, submission: 'scheduled' } as const;
    expect(() => sandbox.control.refreshAll(refresh)).toThrow('no scheduled refresh');
  });
});

describe('a unification', () => {
  test('that only matches has no merge task', async () => {
    sandbox.control.unify({ instanceId, matchOnly: true });
    expect((await jobs())[0]).toMatchObject({ operationType: 'match', jobStatus: 'successful' });
    expect(statesOf((await jobs())[0] as Job)).toEqual(['match successful']);
  });

  test.each(['successful', 'failed', 'timedOut'] as const)('that merges ends %s with its merge', async (end) => {
    const { jobId } = sandbox.control.unify({ instanceId, end });
    expect((await jobs())[0]).toMatchObject({ operationType: 'merge', jobStatus: end });
    expect(statesOf((await jobs())[0] as Job)).toEqual(['match successful', `merge ${end}`]);
    expect(await node('merge')).toMatchObject({ taskStatus: end, jobIds: [jobId] });
  });

  test('may run what depends on it', async () => {
    sandbox.control.unify({ instanceId, runDownstream: true, memberCounts: { ChurnRisk: 1 } });
    const [job] = await jobs();
    expect(job?.options.runDownstreamAfterMerge).toBe(true);
    expect(job?.tasks).toHaveLength(10);
  });
});

describe('the workflow', () => {
  test('lists the newest job first, 10 of them unless top says otherwise, with tasks only when asked for', async () => {
    const started = Array.from({ length: 12 }, () => sandbox.control.refreshDataSource(crm).jobId);
    const { body } = await sandbox.get('/workflows/main/jobs');
    expect((body as Job[]).map(({ jobId }) => jobId)).toEqual(started.toReversed().slice(0, 10));
    expect((body as Job[]).some((job) => 'tasks' in job)).toBe(false);
    expect(await jobs(15)).toHaveLength(15);
    const times = (await jobs(15)).map(({ submittedTimestamp }) => submittedTimestamp);
    expect(times).toEqual([...new Set(times)].sort().toReversed());
  });

  test('answers one job by id, with its tasks only when asked for', async () => {
    const { jobId } = sandbox.control.refreshDataSource(crm);
    const { body } = await sandbox.get(`/workflows/main/jobs/${jobId}`);
    expect(deviations('GraphJobInfo', body)).toEqual([]);
    expect(body).not.toHaveProperty('tasks');
    const { body: withTasks } = await sandbox.get(`/manage/workflows/main/jobs/${jobId}?includeTasks=true`);
    expect(withTasks).toMatchObject({ jobId, tasks: [{ operationType: 'ingestion' }] });
  });

  test('keeps 500 jobs, and the tasks of those only', async () => {
    const { jobId } = sandbox.control.refreshDataSource(crm);
    for (let refresh = 0; refresh < 500; refresh++) sandbox.control.refreshDataSource(crm);
    expect(await jobs(1000)).toHaveLength(500);
    expect((await sandbox.get(`/workflows/main/jobs/${jobId}`)).status).toBe(404);
    expect((await sandbox.get('/workflows/main/history?top=1000')).body).toHaveLength(500);
  });

  test('lists the tasks of all jobs, newest first', async () => {
    sandbox.control.refreshDataSource({ ...crm, dataSourceId: storeDataSourceId });
    const { jobId } = sandbox.control.refreshDataSource(crm);
    const { body } = await sandbox.get('/workflows/main/history?top=2');
    expect(body).toMatchObject([{ friendlyName: 'Contoso CRM', jobIds: [jobId] }, { friendlyName: 'Online store' }]);
  });

  test('queues a job as the published example submits it', async () => {
    const query = `operationType=Ingestion&identifiers='${crmDataSourceId}'&forceRunRequested=true`;
    const { status, body } = await sandbox.send('POST', `/manage/workflows/main/jobs?${query}`);
    expect(status).toBe(200);
    expect(deviations('GraphJobInfo', body)).toEqual([]);
    expect(body).toMatchObject({
      jobStatus: 'queued',
      jobSubmissionKind: 'onDemand',
      operationType: 'ingestion',
      idList: [crmDataSourceId],
      shouldForceRunRequestedNodes: true,
    });
    const { jobId } = body as Job;
    expect((await jobs())[0]).toMatchObject({ jobId, tasks: [{ taskStatus: 'queued' }] });
    sandbox.control.endJob({ instanceId, jobId, status: 'successful' });
    expect((await jobs())[0]).toMatchObject({ jobStatus: 'successful', tasks: [{ taskStatus: 'successful' }] });
  });

  test('takes a job from the body as well', async () => {
    const request = { operationType: 'segmentation', identifiers: ['ChurnRisk'], forceRunRequested: true };
    const { body } = await sandbox.send('POST', '/workflows/main/jobs', request);
    expect(body).toMatchObject({ operationType: 'segmentation', idList: ['ChurnRisk'] });
  });

  test.each([
    ['?operationType=everything', 400],
    ['', 400],
    [`?operationType=all&identifiers=${crmDataSourceId}`, 400],
    ['?operationType=ingestion&identifiers=none', 404],
  ])('refuses the submission %j with %d', async (query, expected) => {
    const { status, body } = await sandbox.send('POST', `/workflows/main/jobs${query}`);
    expect({ status, deviations: deviations('ApiErrorResult', body) }).toEqual({ status: expected, deviations: [] });
    expect(await jobs()).toHaveLength(3);
  });

  test('cancels an open job and leaves an ended one alone', async () => {
    const open = sandbox.control.refreshDataSource({ ...crm, end: 'open' });
    const { body } = await sandbox.send('POST', `/workflows/main/jobs/${open.jobId}/cancel`);
    expect(body).toMatchObject({ jobId: open.jobId, jobStatus: 'aborted' });
    expect((await jobs())[0]?.tasks[0]?.taskStatus).toBe('aborted');
    expect((await dataSource(crmDataSourceId)).refreshState).toBe('updateCancelled');
    const ended = sandbox.control.refreshDataSource(crm);
    const cancelled = await sandbox.send('POST', `/workflows/main/jobs/${ended.jobId}/cancel`);
    expect(cancelled.body).toMatchObject({ jobStatus: 'successful' });
  });

  test('is scheduled on production only', async () => {
    const production = (await sandbox.get('/workflows/main/schedules')).body;
    expect(production).toMatchObject([{ operationType: 'all', isActive: true }]);
    const other = await fetch(`${sandbox.url}/instances/${contosoSandboxInstanceId}/workflows/main/schedules`);
    expect(await other.json()).toEqual([]);
  });
});
