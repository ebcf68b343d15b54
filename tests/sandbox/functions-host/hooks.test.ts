import { beforeAll, expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { startApp, untilLogged } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

let host: StartedApp;
beforeAll(async () => {
  host = await startApp('hooks-app', { verbose: true });
});

test('hooks run around an invocation and share its data', async () => {
  const seen = async () => JSON.parse((await sendRequest(host.url, '/api/seen')).body) as string[];
  expect(await seen()).toEqual(['appStart', 'preInvocation', 'postInvocation true false']);
});

test('a hook before the invocation may replace the handler', async () => {
  expect((await sendRequest(host.url, '/api/replaced')).status).toBe(202);
});

test('a hook after the invocation may forgive its error', async () => {
  expect((await sendRequest(host.url, '/api/forgiven')).status).toBe(204);
});

test('a log hook may change what is logged', async () => {
  await sendRequest(host.url, '/api/logs');
  await untilLogged(host, /Executed 'Functions\.logs'/);
  const lines = host.lines.map((line) => line.replace(/^\S+ /, ''));
  expect(lines).toContain('information logs: a *** word');
  expect(lines).toContain('debug       logs: a debug line');
  expect(lines).toContain('warning     logs: two');
  expect(lines).toContain(`    lines`.replace(/^\S+ /, ''));
});

test('the verbose log has a line at the beginning and at the end of every invocation', async () => {
  await sendRequest(host.url, '/api/replaced');
  await untilLogged(host, /Executed 'Functions\.replaced'/);
  const text = host.lines.join('\n');
  expect(text).toMatch(/Executing 'Functions\.replaced' \(Reason='GET \/api\/replaced', Id=[0-9a-f-]{36}\)/);
  expect(text).toMatch(/Executed 'Functions\.replaced' \(Succeeded, Id=[0-9a-f-]{36}, Duration=\d+ms\)/);
});

test('the log that is not verbose has neither those nor debug lines', async () => {
  const quiet = await startApp('hooks-app');
  await sendRequest(quiet.url, '/api/logs');
  expect(quiet.lines.filter((line) => /Execut|debug/.test(line))).toEqual([]);
  await quiet.stop();
  expect(quiet.lines.at(-1)).toBe('terminated');
});
