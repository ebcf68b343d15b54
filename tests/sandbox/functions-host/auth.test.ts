import { beforeAll, describe, expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { startApp } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

describe('with keys enforced', () => {
  let host: StartedApp;
  beforeAll(async () => {
    host = await startApp('http-app', {
      enableAuth: true,
      hostKeys: { _master: 'm4ster==', default: 'k1', flows: 'k2' },
      environment: { 'AzureWebJobs.switchedOff.Disabled': 'true' },
    });
  });
  const status = async (path: string, key?: string, method = 'GET') =>
    (await sendRequest(host.url, path, { method, headers: key === undefined ? {} : { 'X-Functions-Key': key } }))
      .status;

  test('a function of level function asks for any host key or the master key', async () => {
    expect(await status('/api/secured')).toBe(401);
    expect(await status('/api/secured', 'wrong')).toBe(401);
    expect(await status('/api/secured', 'k1')).toBe(200);
    expect(await status('/api/secured', 'k2')).toBe(200);
    expect(await status('/api/secured', 'm4ster==')).toBe(200);
  });

  test('a key may come in the query, which the function sees', async () => {
    const answer = await sendRequest(host.url, '/api/secured?code=k1');
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('["code","k1"]');
    expect((await sendRequest(host.url, '/api/secured?code=wrong')).status).toBe(401);
  });

  test('of several keys the first counts, and the function sees all', async () => {
    const several = { 'X-Functions-Key': ['k1', 'wrong'] };
    const answer = await sendRequest(host.url, '/api/secured', { headers: several });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('"x-functions-key":"k1,wrong"');
    expect((await sendRequest(host.url, '/api/secured?code=k1&CODE=wrong')).status).toBe(200);
    expect((await sendRequest(host.url, '/api/secured?code=wrong&code=k1')).status).toBe(401);
  });

  test('a function of level admin asks for the master key', async () => {
    expect(await status('/api/master', 'k1')).toBe(401);
    expect(await status('/api/master', 'm4ster==')).toBe(200);
  });

  test('a refusal has no body and names no scheme', async () => {
    const answer = await sendRequest(host.url, '/api/secured');
    expect(answer).toMatchObject({ status: 401, body: '', headers: { 'content-length': '0' } });
    expect(answer.headers['www-authenticate']).toBeUndefined();
  });

  test('an anonymous function can be called with a wrong key', async () => {
    expect(await status('/api/echo', 'wrong')).toBe(200);
  });

  test('a function that is switched off is there for the master key alone', async () => {
    expect(await status('/api/off')).toBe(404);
    expect(await status('/api/off', 'm4ster==')).toBe(200);
  });

  test('the admin routes ask for the master key, except ping', async () => {
    const refused = await sendRequest(host.url, '/admin/host/status');
    expect(refused).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(await status('/admin/host/status', 'k1')).toBe(403);
    expect(await status('/admin/host/status', 'm4ster==')).toBe(200);
    expect(await status('/admin/functions/any', undefined, 'POST')).toBe(401);
    expect(await status('/admin/host/ping')).toBe(200);
  });
});

test('without the switch everybody may do everything, with a wrong key too', async () => {
  const host = await startApp('http-app');
  const paths = ['/api/secured', '/api/master?code=wrong', '/admin/host/status'];
  const statuses = await Promise.all(paths.map(async (path) => (await sendRequest(host.url, path)).status));
  expect(statuses).toEqual([200, 200, 200]);
});
