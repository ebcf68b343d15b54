import { beforeAll, expect, test } from '@jest/globals';
import { startQueueApp } from './queue-app.ts';
import type { QueueApp } from './queue-app.ts';
import { sendRequest } from './send-request.ts';
import { startApp } from './start-app.ts';

let app: QueueApp;
beforeAll(async () => {
  app = await startQueueApp();
});

const run = (name: string, body = '{}', contentType: string | undefined = 'application/json') =>
  sendRequest(app.host.url, `/admin/functions/${name}`, {
    method: 'POST',
    headers: { ...(contentType && { 'content-type': contentType }), 'content-length': Buffer.byteLength(body) },
    body,
  });

test('ping answers GET and POST with nothing that may be cached', async () => {
  for (const method of ['GET', 'POST']) {
    const answer = await sendRequest(app.host.url, '/admin/host/ping', { method });
    expect(answer).toMatchObject({ status: 200, body: '', headers: { 'cache-control': 'no-store, no-cache' } });
  }
});

test('the status says that the host is running', async () => {
  const { body } = await sendRequest(app.host.url, '/admin/host/status');
  expect(JSON.parse(body)).toMatchObject({ state: 'Running', processUptime: expect.any(Number) });
});

test('a queue function run by hand is given the input like a message, and metadata of no message', async () => {
  const before = (await app.runs()).length;
  expect(await run('WORK', JSON.stringify({ input: '{"name":"by hand"}' }))).toMatchObject({ status: 202, body: '' });
  const last = (await app.runsWhen(before + 1)).at(-1);
  expect(last).toMatchObject({ value: { name: 'by hand' } });
  expect(last?.metadata).toEqual({
    queueTrigger: { name: 'by hand' },
    name: 'by hand',
    dequeueCount: 0,
    insertionTime: '9999-12-31T23:59:59.9999999+00:00',
    expirationTime: '9999-12-31T23:59:59.9999999+00:00',
    nextVisibleTime: '9999-12-31T23:59:59.9999999+00:00',
  });
});

test('a run by hand is accepted before it ends, and also when it fails', async () => {
  const before = (await app.runs()).length;
  expect((await run('work', JSON.stringify({ input: '{"gate":"hand","fail":true}' }))).status).toBe(202);
  expect((await app.runsWhen(before + 1)).at(-1)).toMatchObject({ ended: false });
  await app.host.openGate('hand');
});

test.each([
  ['no content type', 'work', '{}', undefined, 415],
  ['another content type', 'work', '{}', 'text/plain', 415],
  ['an empty body', 'work', '', 'application/json', 400],
  ['a body that is not JSON', 'work', '{', 'application/json', 400],
  ['an input that is not text', 'work', '{"input":{}}', 'application/json', 400],
  ['an unknown function', 'unknown', '{}', 'application/json', 404],
  ['a body that is a list', 'work', '[]', 'application/json', 400],
])('a run by hand with %s is refused', async (_, name, body, contentType, status) => {
  expect(await run(name, body, contentType ?? '')).toMatchObject({ status, body: '' });
});

test('an input that is a number is taken as text, and an HTTP function is accepted', async () => {
  const before = (await app.runs()).length;
  expect(await run('work', '{"input":1}')).toMatchObject({ status: 202 });
  expect((await app.runsWhen(before + 1)).at(-1)).toMatchObject({ value: 1 });
  expect(await run('runs')).toMatchObject({ status: 202 });
});

test('functions, their status and the keys can be read, and webhooks of extensions ask for a key', async () => {
  const read = async (path: string): Promise<unknown> => JSON.parse((await sendRequest(app.host.url, path)).body);
  expect(await read('/admin/functions')).toContainEqual(
    expect.objectContaining({ name: 'work', language: 'node', isDisabled: false }),
  );
  expect(await read('/admin/functions/work/status')).toEqual({});
  expect(await read('/admin/host/keys')).toEqual({ keys: [], links: [] });
  expect((await sendRequest(app.host.url, '/admin/functions/unknown/status')).status).toBe(404);
  expect((await sendRequest(app.host.url, '/runtime/webhooks/any')).status).toBe(401);
});

test('a timer run by hand runs now', async () => {
  const timers = await startApp('timer-app', { environment: { EVERY: '0 0 0 1 1 *' } });
  const headers = { 'content-type': 'application/json', 'content-length': 2 };
  await sendRequest(timers.url, '/admin/functions/tick', { method: 'POST', headers, body: '{}' });
  const runs = JSON.parse((await sendRequest(timers.url, '/api/runs')).body) as unknown[];
  expect(runs).toMatchObject([{ function: 'tick', timer: { isPastDue: false } }]);
});
