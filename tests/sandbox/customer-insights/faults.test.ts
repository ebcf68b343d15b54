import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { deviations } from './documented-schemas.ts';
import { call, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

let sandbox: OpenSandbox;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.stop());

const segments = (): Promise<Response> => fetch(`${sandbox.url}/instances/${instanceId}/manage/segments`);
const statuses = async (calls: number): Promise<number[]> => {
  const seen: number[] = [];
  for (let number = 0; number < calls; number++) seen.push((await segments()).status);
  return seen;
};

describe('faults', () => {
  test('hit the next call, then no more', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 500 } });
    expect(await statuses(2)).toEqual([500, 200]);
  });

  test('hit as many calls as they are told, one fault after the other', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 503 }, times: 2 });
    sandbox.control.addFault({ fault: { kind: 'status', status: 429 } });
    expect(sandbox.control.faults()).toMatchObject([{ times: 2 }, { times: 1 }]);
    expect(await statuses(4)).toEqual([503, 503, 429, 200]);
    expect(sandbox.control.faults()).toEqual([]);
  });

  test('hit only the paths and methods they are meant for', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 503 }, pathIncludes: '/manage/measures' });
    sandbox.control.addFault({ fault: { kind: 'status', status: 429 }, method: 'PATCH' });
    expect(await statuses(1)).toEqual([200]);
    expect((await sandbox.get('/manage/measures')).status).toBe(503);
    expect((await sandbox.get('/manage/measures')).status).toBe(200);
    expect((await sandbox.send('PATCH', '/data/Customer/x', { City: 'x' })).status).toBe(429);
  });

  test('are cleared', async () => {
    sandbox.control.addFault({ fault: { kind: 'reset' }, times: 9 });
    sandbox.control.clearFaults();
    expect(await statuses(1)).toEqual([200]);
  });

  test.each([
    [7, '7'],
    ['Mon, 23 Nov 2026 10:00:30 GMT', 'Mon, 23 Nov 2026 10:00:30 GMT'],
  ])('answer 429 with Retry-After %s and without a body', async (retryAfter, header) => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 429, retryAfter } });
    const answer = await segments();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe(header);
    expect(await answer.text()).toBe('');
  });

  test('answer 500 in the shape of the route, and 401 with its challenge', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 500 }, times: 2 });
    sandbox.control.addFault({ fault: { kind: 'status', status: 401 } });
    expect(deviations('ApiErrorResult', (await sandbox.get('/manage/segments')).body)).toEqual([]);
    expect(deviations('ODataError', (await sandbox.get('/data/Customer')).body)).toEqual([]);
    expect((await segments()).headers.get('www-authenticate')).toBe('Bearer');
  });

  test.each([
    ['garbage', 'application/json', /^\[\{"jobId": "[^"]*$/],
    ['html', 'text/html', /^<!doctype html>/],
    ['empty', null, /^$/],
  ] as const)('answer 200 with %s', async (kind, contentType, text) => {
    sandbox.control.addFault({ fault: { kind } });
    const answer = await segments();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe(contentType);
    expect(await answer.text()).toMatch(text);
  });

  test('drop the connection', async () => {
    sandbox.control.addFault({ fault: { kind: 'reset' } });
    await expect(segments()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(await statuses(1)).toEqual([200]);
  });

  test('answer late, by the clock', async () => {
    sandbox.control.addFault({ fault: { kind: 'slow', delayMs: 5000 } });
    let answered = false;
    const answer = segments().then((response) => {
      answered = true;
      return response;
    });
    await sandbox.clock.slept();
    sandbox.clock.advance(4999);
    expect(await statuses(1)).toEqual([200]);
    expect(answered).toBe(false);
    sandbox.clock.advance(1);
    expect((await answer).status).toBe(200);
  });

  test('never answer, until the sandbox stops', async () => {
    sandbox.control.addFault({ fault: { kind: 'hang' } });
    sandbox.control.addFault({ fault: { kind: 'slow', delayMs: 5000 } });
    const outcome = Promise.allSettled([segments(), segments()]);
    await sandbox.clock.slept();
    while (sandbox.control.calls().total < 2) await new Promise((resolve) => setImmediate(resolve));
    await sandbox.stop();
    expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('behaviour', () => {
  test('names and values of enums turn to PascalCase, each by its own switch', async () => {
    sandbox.control.changeBehaviour({ pascalCaseNames: true });
    const { body: named } = await sandbox.get('/workflows/main/jobs?top=1&includeTasks=true');
    expect(named).toMatchObject([
      {
        JobStatus: 'successful',
        OperationType: 'all',
        Tasks: expect.arrayContaining([expect.objectContaining({ TaskStatus: 'successful' })]) as unknown,
      },
    ]);
    sandbox.control.changeBehaviour({ pascalCaseNames: false, pascalCaseValues: true });
    const { body: valued } = await sandbox.get('/workflows/main/jobs?top=1');
    expect(valued).toMatchObject([{ jobStatus: 'Successful', operationType: 'All', jobSubmissionKind: 'Scheduled' }]);
  });

  test('data keeps its own names in PascalCase', async () => {
    sandbox.control.changeBehaviour({ pascalCaseNames: true, pascalCaseValues: true });
    sandbox.control.addMeasure({ instanceId, name: 'lowerCase', value: 1 });
    const { body } = await sandbox.get('/manage/measures/lowerCase');
    expect(body).toMatchObject({
      Name: 'lowerCase',
      Output: { Values: { lowerCase: '1' } },
      LatestEvaluation: { State: 'Completed' },
    });
    expect((await sandbox.get('/data/lowerCase')).body).toMatchObject({ value: [{ lowerCase: 1 }] });
  });

  test('values that are not there yet are left out, or null', async () => {
    const status = async (): Promise<unknown> => {
      const { body } = await sandbox.get('/manage/segments');
      return (body as { name: string; evaluationStatus: unknown }[]).find(({ name }) => name === 'New')
        ?.evaluationStatus;
    };
    sandbox.control.addSegment({ instanceId, name: 'New' });
    expect(await status()).toEqual({ jobStatus: 'None' });
    sandbox.control.changeBehaviour({ nulls: true });
    expect(await status()).toEqual({
      jobStatus: 'None',
      evaluationDate: null,
      entityCount: null,
      error: null,
      lastSuccessfulRunId: null,
    });
  });

  test('histories come oldest first, or newest first', async () => {
    const counts = async (): Promise<number[]> => {
      const { body } = await sandbox.get('/manage/segments?includeHistoricStats=true&numberOfSegments=1');
      const [segment] = body as { evaluationStatusHistory: { entityCount: number }[] }[];
      return segment?.evaluationStatusHistory.map(({ entityCount }) => entityCount) ?? [];
    };
    expect(await counts()).toEqual([38, 40, 42]);
    sandbox.control.changeBehaviour({ newestHistoryFirst: true });
    expect(await counts()).toEqual([42, 40, 38]);
  });
});

describe('counters', () => {
  test('count calls by route, with the failed and the unknown ones, but not control calls', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 500 } });
    await statuses(2);
    await sandbox.get('/workflows/main/jobs?top=5');
    await sandbox.get('/nothing');
    expect((await call(`${sandbox.controlUrl}/calls`)).body).toEqual({
      total: 4,
      byRoute: {
        'GET /v1/instances/{instanceId}/manage/segments': 2,
        'GET /v1/instances/{instanceId}/workflows/main/jobs': 1,
        unknown: 1,
      },
    });
    expect((await call(`${sandbox.controlUrl}/calls`, { method: 'DELETE' })).status).toBe(204);
    expect(sandbox.control.calls()).toEqual({ total: 0, byRoute: {} });
  });
});

describe('the control API over HTTP', () => {
  const control = (method: string, path: string, body?: unknown) =>
    call(sandbox.controlUrl + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });

  test('does what the functions do', async () => {
    const path = `/instances/${instanceId}/segments/ChurnRisk`;
    const { status, body } = await control('PUT', `${path}/member-count`, { memberCount: 500 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ name: 'ChurnRisk', evaluationStatus: { entityCount: 500 } });
    expect((await control('DELETE', path)).status).toBe(204);
    const { body: left } = await sandbox.get('/manage/segments');
    expect((left as { name: string }[]).map(({ name }) => name)).not.toContain('ChurnRisk');
  });

  test.each([
    ['PUT', '/instances/none/segments/ChurnRisk/member-count', { memberCount: 1 }, 404, 'no instance none'],
    ['PUT', `/instances/${instanceId}/segments/None/member-count`, { memberCount: 1 }, 404, "no segment 'None'"],
    ['PUT', `/instances/${instanceId}/segments/ChurnRisk/member-count`, { memberCount: -1 }, 400, '/memberCount'],
    ['PUT', `/instances/${instanceId}/segments/ChurnRisk/member-count`, { membercount: 1 }, 400, '/memberCount'],
    ['PUT', `/instances/${instanceId}/segments/ChurnRisk/member-count`, undefined, 400, '/memberCount'],
    ['PUT', `/instances/${instanceId}/segments/ChurnRisk/member-count`, [], 400, 'not a JSON object'],
    ['PUT', `/instances/${instanceId}/segments/LapsedCustomers/member-count`, { memberCount: 1 }, 409, 'inactive'],
    ['POST', '/faults', { fault: { kind: 'odd' } }, 400, '/fault'],
    ['GET', '/nothing', undefined, 404, 'no control operation GET /control/nothing'],
  ] as [string, string, unknown, number, string][])(
    'refuses %s %s with %j',
    async (method, path, body, status, error) => {
      const answer = await control(method, path, body);
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ error: expect.stringContaining(error) as unknown });
    },
  );

  test('gives copies: what a caller does to them changes nothing', async () => {
    const segment = sandbox.control.setMemberCount({ instanceId, segmentName: 'ChurnRisk', memberCount: 5 });
    segment.evaluationStatus.entityCount = 6;
    const { body } = await sandbox.get('/manage/segments');
    expect((body as { name: string }[]).find(({ name }) => name === 'ChurnRisk')).toMatchObject({
      evaluationStatus: { entityCount: 5 },
    });
  });
});
