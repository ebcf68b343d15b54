import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { deviations } from './documented-schemas.ts';
import { openSandbox } from './open-sandbox.ts';
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

test('hit the next call, then no more', async () => {
  sandbox.control.addFault({ fault: { kind: 'status', status: 500 } });
  expect(await statuses(2)).toEqual([500, 200]);
});

test('hit as many calls as they are set to, one fault after the other', async () => {
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

test('answer late, or as soon as they are cleared', async () => {
  sandbox.control.addFault({ fault: { kind: 'slow', delayMs: 5000 } });
  const answer = segments();
  await sandbox.clock.slept();
  sandbox.control.clearFaults();
  expect((await answer).status).toBe(200);
});

test('never answer, until the sandbox stops', async () => {
  sandbox.control.addFault({ fault: { kind: 'hang' } });
  sandbox.control.addFault({ fault: { kind: 'slow', delayMs: 5000 } });
  const outcome = Promise.allSettled([segments(), segments()]);
  await sandbox.clock.slept();
  // The slow one was the second to arrive: the fault before it was taken already.
  expect(sandbox.control.calls().total).toBe(2);
  await sandbox.stop();
  expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
