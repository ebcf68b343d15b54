import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { messageCount, startQueueApp } from './queue-app.ts';
import { sendRequest } from './send-request.ts';
import { appFolder, eventually, startApp } from './start-app.ts';

const refused = (url: string) =>
  sendRequest(url, '/').then(
    () => false,
    () => true,
  );

test('a stopping host refuses connections at once, finishes the request in hand and exits with 0', async () => {
  const host = await startApp('http-app');
  const slow = sendRequest(host.url, '/api/gates/slow');
  await eventually(
    () => Promise.resolve(host.lines),
    (lines) => lines.some((line) => line.endsWith('waiting at slow')),
  );
  const stopped = host.stop();
  await eventually(() => refused(host.url), Boolean);
  await host.openGate('slow');
  expect(await slow).toMatchObject({ status: 200, body: 'through', headers: { connection: 'close' } });
  expect(await stopped).toBe(0);
});

test('a stopping host takes no more messages, finishes the one in hand and runs the appTerminate hooks last', async () => {
  const app = await startQueueApp();
  await app.send({ gate: 'stop' });
  await app.runsWhen(1);
  const stopped = app.host.stop();
  await eventually(() => refused(app.host.url), Boolean);
  await app.send({ name: 'left' });
  // Five times as long as a running host would take to find it.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await app.host.openGate('stop');
  expect(await stopped).toBe(0);
  const left = (await app.queue.peekMessages({ numberOfMessages: 32 })).peekedMessageItems;
  expect(left.map(({ messageText }) => Buffer.from(messageText, 'base64').toString())).toEqual(['{"name":"left"}']);
  expect(await messageCount(app.queue)).toBe(1);
  expect(app.host.lines.at(-1)).toBe('terminated');
});

test('work that outlasts the grace is abandoned, its message left invisible', async () => {
  const app = await startQueueApp({ graceSeconds: 1 });
  await app.send({ gate: 'never' });
  await app.runsWhen(1);
  expect(await app.host.stop()).toBe(0);
  expect(app.host.lines.join('\n')).toContain('is abandoned');
  expect(app.host.lines.at(-1)).toBe('terminated');
  expect((await app.queue.peekMessages()).peekedMessageItems).toEqual([]);
  expect(await messageCount(app.queue)).toBe(1);
});

test('the message of a host that was killed is worked by the next one when its lease is over', async () => {
  const first = await startQueueApp({ leaseSeconds: 2 });
  await first.send({ gate: 'never' });
  await first.runsWhen(1);
  await first.host.kill();
  const next = await startQueueApp({ queueName: first.queue.name });
  const [run] = await next.runsWhen(1);
  expect(run?.metadata).toMatchObject({ dequeueCount: 2 });
});

test('a host ends with the process that started it, even when that is killed', async () => {
  const appDirectory = await appFolder({ 'package.json': '{"main":"index.js"}', 'index.js': '' });
  const script = `
    const { startFunctionsHost } = await import('./sandbox/functions-host/start-functions-host.ts');
    const { url } = await startFunctionsHost({ appDirectory: ${JSON.stringify(appDirectory)} });
    console.log(url);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const url = output.toString().trim();
  expect(await refused(url)).toBe(false);
  parent.kill('SIGKILL');
  await eventually(() => refused(url), Boolean);
});
