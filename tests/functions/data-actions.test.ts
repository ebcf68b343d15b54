import { describe, expect, test } from '@jest/globals';
import { contosoInstanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { expectProblem } from './expect-problem.ts';
import { startBackend, type Answered, type StartedBackend } from './start-backend.ts';

const entity = `instances/${contosoInstanceId}/entities/Customer`;
const routes: readonly [method: string, route: string][] = [
  ['GET', `${entity}/items`],
  ['GET', `${entity}/items/1`],
  ['POST', `${entity}/items`],
  ['PATCH', `${entity}/items/1`],
  ['GET', `${entity}/partitions`],
  ['GET', `${entity}/partitions/1`],
];
const others = ['instances', `instances/${contosoInstanceId}/entities`, entity];

function principal(...roles: string[]): Record<string, string> {
  const claims = [
    { typ: 'tid', val: 'tenant' },
    { typ: 'oid', val: 'object' },
    ...roles.map((val) => ({ typ: 'roles', val })),
  ];
  return { 'x-ms-client-principal': Buffer.from(JSON.stringify({ claims })).toString('base64') };
}

const call = (backend: StartedBackend, method: string, route: string, headers = {}): Promise<Answered> =>
  backend.call(method, route, { headers, ...(method !== 'GET' && { body: { any: 'item' } }) });

describe('data actions', () => {
  test('that are off are refused to everybody; what an instance has is still listed', async () => {
    const backend = await startBackend({ settings: { DATA_ACTIONS: 'off' } });
    for (const [method, route] of routes)
      await expectProblem(() => call(backend, method, route), 403, 'data-actions-off');
    for (const route of others) expect((await call(backend, 'GET', route)).status).toBe(200);
  });

  test('for a role are open to who has it, and to nobody else', async () => {
    const settings = { DATA_ACTIONS: 'role', AUTHENTICATION: 'entra', WEBSITE_AUTH_ENABLED: 'true' };
    const backend = await startBackend({ settings });
    for (const [method, route] of routes) {
      for (const headers of [principal(), principal('Operator', 'data')])
        await expectProblem(() => call(backend, method, route, headers), 403, 'data-role-missing');
      await expectProblem(() => call(backend, method, route), 401, 'not-authenticated');
      const answer = await call(backend, method, route, principal('Reader', 'Data'));
      expect(answer.status).not.toBe(403);
    }
    for (const route of others) expect((await call(backend, 'GET', route, principal())).status).toBe(200);
  });
});
