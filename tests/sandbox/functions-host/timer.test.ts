import { expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { eventually, startApp } from './start-app.ts';

interface Run {
  function: string;
  at: number;
  timer: object;
}

test('a timer fires on every second of its schedule, and one that is not due does not', async () => {
  const host = await startApp('timer-app', { localSettings: { Values: { EVERY: '*/1 * * * * *' } } });
  const ask = async () => JSON.parse((await sendRequest(host.url, '/api/runs')).body) as Run[];
  const runs = await eventually(ask, ({ length }) => length >= 3);
  expect(new Set(runs.map((run) => run.function))).toEqual(new Set(['tick']));
  const seconds = runs.map(({ at }) => Math.floor(at / 1000));
  expect(new Set(seconds).size).toBe(runs.length);
  expect(runs[0]?.timer).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
});

test('a schedule that is none leaves its function out, and the others run', async () => {
  const host = await startApp('timer-app', { environment: { EVERY: '* * * * * *' } });
  expect(host.lines.join('\n')).toContain(`The function 'nonsense' is not available`);
  expect((await sendRequest(host.url, '/api/runs')).status).toBe(200);
});
