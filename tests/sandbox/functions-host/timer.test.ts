import { expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { ownAccount } from '../../helpers/azurite.ts';
import { eventually, startApp } from './start-app.ts';
import type { StartedApp } from './start-app.ts';

interface Run {
  function: string;
  at: number;
  timer: object;
}

test('a timer fires on every second of its schedule, and one that is not due does not', async () => {
  const beganMs = Date.now();
  const host = await startApp('timer-app', { localSettings: { Values: { EVERY: '*/1 * * * * *' } } });
  const ask = async () => JSON.parse((await sendRequest(host.url, '/api/runs')).body) as Run[];
  const runs = await eventually(ask, ({ length }) => length >= 3);
  expect(new Set(runs.map((run) => run.function))).toEqual(new Set(['tick']));
  // On a busy machine one run may be late and the next in time: only their number is sure.
  const secondsBegun = Math.floor(Date.now() / 1000) - Math.floor(beganMs / 1000);
  expect(runs.length).toBeLessThanOrEqual(secondsBegun);
  expect(runs[0]?.timer).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
});

test('a schedule that is none leaves its function out, and the others run', async () => {
  const host = await startApp('timer-app', { environment: { EVERY: '* * * * * *' } });
  expect(host.lines.join('\n')).toContain(`The function 'nonsense' is not available`);
  expect((await sendRequest(host.url, '/api/runs')).status).toBe(200);
});

test('of two hosts of one app one fires, and the other once that has ended', async () => {
  const environment = {
    EVERY: '* * * * * *',
    AzureWebJobsStorage: ownAccount().connectionString,
    AzureFunctionsWebHost__hostid: 'one-app',
  };
  const [one, other] = await Promise.all([
    startApp('timer-app', { environment }),
    startApp('timer-app', { environment }),
  ]);
  const runsOf = async ({ url }: StartedApp): Promise<number> =>
    (JSON.parse((await sendRequest(url, '/api/runs')).body) as Run[]).length;
  const counts = await eventually(
    async () => [await runsOf(one), await runsOf(other)],
    (each) => Math.max(...each) >= 3,
  );
  expect(Math.min(...counts)).toBe(0);
  const [first, second] = counts[0] === 0 ? [other, one] : [one, other];
  await first.stop();
  await eventually(
    () => runsOf(second),
    (count) => count > 0,
  );
});
