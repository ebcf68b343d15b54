import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { crmDataSourceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { deviations } from './documented-schemas.ts';
import type { documented } from './documented-schemas.ts';
import { call, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

let sandbox: OpenSandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.stop());

test.each<[string, keyof typeof documented]>([
  ['', 'InstanceMetadata'],
  ['/manage/datasources', 'DataSourceInfo[]'],
  ['/manage/datasources/v2', 'DataSourceInfo[]'],
  [`/manage/datasources/${crmDataSourceId}`, 'DataSourceInfo'],
  ['/manage/segments', 'SegmentMetadata[]'],
  ['/manage/segments?includeHistoricStats=true', 'SegmentMetadata[]'],
  ['/manage/measures', 'MeasureMetadata[]'],
  ['/manage/measures/TotalRevenue', 'MeasureMetadata'],
  ['/manage/measures/TotalRevenue?includeHistoricStats=true&historicStatsDays=7', 'MeasureMetadata'],
  ['/manage/entities', 'IC360EntityModel'],
  ['/manage/entities/Customer', 'IEntityMetadata'],
  ['/manage/entities/Customer/entitysize', 'EntitySize'],
  ['/data/Customer', 'ODataEntityPayload'],
  ['/workflows/main/jobs', 'GraphJobInfo[]'],
  ['/workflows/main/jobs?includeTasks=true', 'GraphJobInfo[]'],
  ['/workflows/main/status', 'GraphNodeInfo[]'],
  ['/workflows/main/history', 'GraphTaskInfo[]'],
  ['/workflows/main/schedules', 'WorkflowRefreshSchedule[]'],
  ['/manage/workflows/main/jobs', 'GraphJobInfo[]'],
  ['/manage/workflows/main/status', 'GraphNodeInfo[]'],
  ['/manage/workflows/main/history', 'GraphTaskInfo[]'],
  ['/manage/workflows/main/schedules', 'WorkflowRefreshSchedule[]'],
])('GET %s answers the documented %s', async (path, shape) => {
  const { status, body } = await sandbox.get(path);
  expect({ status, deviations: deviations(shape, body) }).toEqual({ status: 200, deviations: [] });
  expect(body).not.toEqual([]);
});

test('the list of instances has the documented shape, and both of its kinds', async () => {
  const { body } = await call(`${sandbox.url}/instances`);
  expect(deviations('InstanceInfo[]', body)).toEqual([]);
  expect(body).toMatchObject([
    { name: 'Contoso', instanceType: 'production' },
    { name: 'Contoso Sandbox', instanceType: 'sandbox' },
  ]);
});

test('the shapes hold when evaluations, refreshes and jobs have failed', async () => {
  const failing = await openSandbox();
  try {
    const { instanceId } = (await failing.get('')).body as { instanceId: string };
    failing.control.evaluateSegment({ instanceId, segmentName: 'ChurnRisk', evaluations: [{ kind: 'failed' }] });
    failing.control.evaluateMeasure({ instanceId, measureName: 'TotalRevenue', evaluations: [{ kind: 'failed' }] });
    failing.control.refreshDataSource({ instanceId, dataSourceId: crmDataSourceId, end: 'timedOut' });
    const { body: segments } = await failing.get('/manage/segments?includeHistoricStats=true');
    const { body: measures } = await failing.get('/manage/measures');
    const { body: sources } = await failing.get('/manage/datasources');
    const { body: jobs } = await failing.get('/workflows/main/jobs?includeTasks=true');
    const { body: nodes } = await failing.get('/workflows/main/status');
    expect(deviations('SegmentMetadata[]', segments)).toEqual([]);
    expect(deviations('MeasureMetadata[]', measures)).toEqual([]);
    expect(deviations('DataSourceInfo[]', sources)).toEqual([]);
    expect(deviations('GraphJobInfo[]', jobs)).toEqual([]);
    expect(deviations('GraphNodeInfo[]', nodes)).toEqual([]);
  } finally {
    await failing.stop();
  }
});

describe('errors', () => {
  const unknownInstance = '/instances/00000000-0000-4000-8000-000000000000';

  test.each(['', '/manage/segments', '/manage/measures/TotalRevenue', '/workflows/main/jobs'])(
    'an unknown instance is an ApiErrorResult with 404: %s',
    async (path) => {
      const { status, body } = await call(sandbox.url + unknownInstance + path);
      expect({ status, deviations: deviations('ApiErrorResult', body) }).toEqual({ status: 404, deviations: [] });
    },
  );

  test.each([
    '/manage/datasources/none',
    '/manage/measures/None',
    '/manage/entities/None',
    '/workflows/main/jobs/none',
  ])('an unknown object is an ApiErrorResult with 404: %s', async (path) => {
    const { status, body } = await sandbox.get(path);
    expect({ status, deviations: deviations('ApiErrorResult', body) }).toEqual({ status: 404, deviations: [] });
  });

  test('below data, errors are flat ODataErrors', async () => {
    const answers = [
      await call(`${sandbox.url}${unknownInstance}/data/Customer`),
      await sandbox.get('/data/None'),
      await sandbox.get('/data/Customer?$top=many'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400]);
    expect(answers.flatMap(({ body }) => deviations('ODataError', body))).toEqual([]);
  });

  test.each(['/workflows/other/jobs', '/manage/segments/ChurnRisk', '/data/Customer/%ZZ', '/data/Customer/x/y'])(
    'an address that no operation has is 404: %s',
    async (path) => {
      expect((await sandbox.get(path)).status).toBe(404);
    },
  );
});

describe('a sandbox with a required key', () => {
  test('answers 401 to a call without the key or without a token, and serves one that has both', async () => {
    const locked = await openSandbox({ requiredKey: 'k1' });
    try {
      const statusWith = async (headers: Record<string, string>): Promise<number> =>
        (await call(`${locked.url}/instances`, { headers })).status;
      expect(await statusWith({})).toBe(401);
      expect(await statusWith({ 'ocp-apim-subscription-key': 'k1' })).toBe(401);
      expect(await statusWith({ 'ocp-apim-subscription-key': 'k2', authorization: 'Bearer t' })).toBe(401);
      expect(await statusWith({ 'ocp-apim-subscription-key': 'k1', authorization: 'Bearer t' })).toBe(200);
      const { headers } = await call(`${locked.url}/instances`);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    } finally {
      await locked.stop();
    }
  });
});
