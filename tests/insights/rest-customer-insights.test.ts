import { describe, expect, test } from '@jest/globals';

import type { CustomerInsights } from '../../shared/insights/customer-insights.ts';
import { atTheEnd, open, openAdapter } from './open-adapter.ts';
import { startScriptedServer } from './scripted-server.ts';

type Call = (insights: CustomerInsights) => Promise<unknown>;

describe('each reading is one GET', () => {
  test.each<[string, Call, string]>([
    ['instances', (i) => i.instances(), '/v1/instances'],
    ['one instance', (i) => i.instance('i1'), '/v1/instances/i1'],
    ['data sources', (i) => i.dataSources('i1'), '/v1/instances/i1/manage/datasources'],
    ['segments', (i) => i.segments('i1'), '/v1/instances/i1/manage/segments'],
    [
      'segments with history',
      (i) => i.segments('i1', { historyDays: 7 }),
      '/v1/instances/i1/manage/segments?includeHistoricStats=true&historicStatsDays=7',
    ],
    ['measures', (i) => i.measures('i1'), '/v1/instances/i1/manage/measures'],
    [
      'one measure',
      (i) => i.measure('i1', 'Revenue', { historyDays: 2 }),
      '/v1/instances/i1/manage/measures/Revenue?includeHistoricStats=true&historicStatsDays=2',
    ],
    ['jobs', (i) => i.jobs('i1', { top: 20 }), '/v1/instances/i1/workflows/main/jobs?top=20&includeTasks=true'],
    ['one job', (i) => i.job('i1', 'j1'), '/v1/instances/i1/workflows/main/jobs/j1?includeTasks=true'],
    ['tasks', (i) => i.tasks('i1', { top: 50 }), '/v1/instances/i1/workflows/main/history?top=50'],
    ['nodes', (i) => i.nodes('i1'), '/v1/instances/i1/workflows/main/status'],
  ])('%s', async (_what, call, target) => {
    const { insights, server } = await open([{ status: 404 }]);
    await call(insights).catch(() => undefined);
    expect(server.requests).toMatchObject([{ method: 'GET', target }]);
  });

  test('jobs, tasks and nodes lie under the workflow path of the tenant', async () => {
    const { insights, server } = await open([{ body: [] }], { workflowPath: '/manage/workflows/main/' });
    await insights.nodes('i1');
    expect(server.requests[0]?.target).toBe('/v1/instances/i1/manage/workflows/main/status');
  });

  test('a slash at the end of the base URL is not doubled', async () => {
    const server = await startScriptedServer({ body: [] });
    const { insights } = openAdapter(`${server.baseUrl}/`);
    atTheEnd(server.stop, insights.close);
    await insights.instances();
    expect(server.requests[0]?.target).toBe('/v1/instances');
  });
});

describe('names become path segments', () => {
  test.each([
    ['a/b', 'a%2Fb'],
    ['a b', 'a%20b'],
    ['50%', '50%25'],
    ['what?#', 'what%3F%23'],
    ['../x', '..%2Fx'],
    ['Größe', 'Gr%C3%B6%C3%9Fe'],
  ])('%s is sent as %s', async (name, segment) => {
    const { insights, server } = await open([{ status: 404 }]);
    await insights.measure(name, name, { historyDays: 1 });
    expect(server.requests[0]?.target?.split('?')[0]).toBe(`/v1/instances/${segment}/manage/measures/${segment}`);
  });

  test.each(['', '.', '..', '\ud800'])('%j names nothing, and is not asked for', async (name) => {
    const { insights, server } = await open([{ body: [] }]);
    expect(await insights.instance(name)).toBeUndefined();
    expect(await insights.measure('i1', name, { historyDays: 1 })).toBeUndefined();
    await expect(insights.segments(name)).rejects.toMatchObject({ kind: 'not-found', status: undefined });
    expect(server.requests).toHaveLength(0);
  });
});

describe('what does not exist', () => {
  test.each<[string, Call]>([
    ['instance', (i) => i.instance('i1')],
    ['measure', (i) => i.measure('i1', 'Revenue', { historyDays: 1 })],
    ['job', (i) => i.job('i1', 'j1')],
  ])('is undefined for one %s', async (_what, call) => {
    const { insights } = await open([{ status: 404, body: { message: 'not there' } }]);
    expect(await call(insights)).toBeUndefined();
  });

  test.each<[string, Call]>([
    ['data sources', (i) => i.dataSources('i1')],
    ['segments', (i) => i.segments('i1')],
    ['measures', (i) => i.measures('i1')],
    ['jobs', (i) => i.jobs('i1', { top: 1 })],
    ['tasks', (i) => i.tasks('i1', { top: 1 })],
    ['nodes', (i) => i.nodes('i1')],
  ])('is a failure for the %s of an instance', async (_what, call) => {
    const { insights } = await open([{ status: 404 }]);
    await expect(call(insights)).rejects.toMatchObject({ kind: 'not-found', status: 404 });
  });

  test.each<[string, Call]>([
    ['instance', (i) => i.instance('i1')],
    ['measure', (i) => i.measure('i1', 'Revenue', { historyDays: 1 })],
    ['job', (i) => i.job('i1', 'j1')],
  ])('is not assumed when the question for one %s fails', async (_what, call) => {
    const { insights } = await open([{ status: 403 }]);
    await expect(call(insights)).rejects.toMatchObject({ kind: 'unauthorized' });
  });
});

describe('a list', () => {
  const wanted = [{ instanceId: 'i1', name: 'Contoso', instanceType: 'production' }];

  test.each<[string, unknown]>([
    ['bare', [{ instanceId: 'i1', name: 'Contoso', instanceType: 'production' }]],
    ['as a value', { value: [{ instanceId: 'i1', name: 'Contoso', instanceType: 'production' }] }],
    ['in PascalCase', { Value: [{ InstanceId: 'i1', Name: 'Contoso', InstanceType: 'Production' }] }],
    ['with more than is known', { count: 1, value: [{ ...wanted[0], scaleUnitId: 's', expiryTimeUtc: null }] }],
    ['with elements that are nobody', [null, 7, 'i0', [], {}, { name: 'Nobody' }, { instanceId: '' }, wanted[0]]],
  ])('comes %s', async (_how, body) => {
    const { insights } = await open([{ body }]);
    expect(await insights.instances()).toEqual(wanted);
  });

  test('may be empty', async () => {
    const { insights } = await open([{ body: { value: [] } }]);
    expect(await insights.instances()).toEqual([]);
  });

  test('may begin with a byte order mark', async () => {
    const { insights } = await open([{ body: '\ufeff[]' }]);
    expect(await insights.instances()).toEqual([]);
  });
});
