import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { until } from './until.ts';

const run = promisify(execFile);
const entry = path.resolve('sandbox/start.ts');
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
});

/** Its usual ports may be those of whoever runs the tests. */
const ANY_PORTS = 'app=0,insights=0,flows=0,blob=0,queue=0,table=0';

/** Runs the entry as `npm start` does, and collects what it writes. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  let written = '';
  child.stdout.on('data', (data: Buffer) => (written += data.toString()));
  return { child, exited, written: () => written };
}

test('npm start fires each trigger once, names commands that work, and stops cleanly, on another port where one is taken', async () => {
  const blocker = createServer();
  blocker.listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as AddressInfo;
  cleanups.push(() => blocker.close());
  const ports = ANY_PORTS.replace('insights=0', `insights=${port}`);
  const { child, exited, written } = start('--pace-seconds', '0', '--ports', ports);
  await until(() => written().includes('More commands'));
  expect(written()).toMatch(new RegExp(`port ${port} is in use: insights is on \\d+ this time`));
  expect(written().match(/is in use/g)).toHaveLength(1);
  for (const trigger of [
    'rose from 42 to 57',
    'rose from 1250340.75 to',
    'failed (The password',
    'programme ended: succ',
  ]) {
    expect(written().split(trigger).length).toBe(2);
  }
  expect(written().match(/ is called and runs/g)?.length).toBe(6);

  const commands = written()
    .split('\n')
    .filter((line) => line.startsWith('curl '));
  const [health, save, subscribe, list, move, runs, turnOff] = commands.map((command) => async () => {
    const { stdout } = await run('bash', ['-c', command]);
    return JSON.parse(stdout) as unknown;
  });
  expect(commands.length).toBe(7);
  expect(await health?.()).toMatchObject({ status: 'healthy' });
  expect(await save?.()).toMatchObject({ state: 'on', versions: [{ subscribed: { status: 201 } }] });
  expect(await subscribe?.()).toMatchObject({ segmentName: 'ChurnRisk', threshold: 150, status: 'active' });
  expect(await list?.()).toMatchObject({ value: [{}, {}, {}] });
  expect(await move?.()).toMatchObject({ name: 'ChurnRisk' });
  await until(() => written().includes('"Yours" is called and runs'));
  expect(await runs?.()).toMatchObject({ value: [{ body: { previousValue: 118, value: 160 } }] });
  expect(await turnOff?.()).toMatchObject({ state: 'off', versions: [{ unsubscribed: { status: 204 } }] });

  const url = /listens on (http:\S+)\/api/.exec(written())?.[1] ?? '';
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('without a build it says what to do, and exits 1', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'no-build-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const failed = run(process.execPath, [entry, '--once'], { cwd: folder });
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('npm run build') as unknown });
});
