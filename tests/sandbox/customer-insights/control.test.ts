import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { call, openSandbox } from './open-sandbox.ts';
import type { OpenSandbox } from './open-sandbox.ts';

let sandbox: OpenSandbox;
beforeEach(async () => {
  sandbox = await openSandbox();
});
afterEach(() => sandbox.stop());

describe('counters', () => {
  test('count calls by route, with the failed and the unknown ones, but not control calls', async () => {
    sandbox.control.addFault({ fault: { kind: 'status', status: 500 } });
    await sandbox.get('/manage/segments');
    await sandbox.get('/manage/segments');
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

  test('adds an empty instance, once', async () => {
    const added = { instanceId: '2b3c4d5e-6f70-4819-a2b3-c4d5e6f70819', name: 'Fabrikam' };
    expect(await control('POST', '/instances', added)).toMatchObject({
      status: 200,
      body: { ...added, instanceType: 'production' },
    });
    expect(
      sandbox.control.addSegment({ instanceId: added.instanceId, name: 'Students', memberCount: 1 }),
    ).toMatchObject({ name: 'Students' });
    expect((await control('POST', '/instances', added)).status).toBe(409);
    expect((await control('POST', '/instances', { ...added, instanceId: 'none' })).status).toBe(400);
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
