import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { firstTour } from '../../sandbox/first-tour.ts';
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
  expect(written().match(/ is called and runs/g)).toHaveLength(firstTour.length);

  const commands = written()
    .split('\n')
    .filter((line) => line.startsWith('curl '));
  expect(written()).toMatch(/http:\S+\/api\/dashboard with the operator key sandbox-operator/);
  const [health, save, subscribe, list, goDown, move, runs, turnOff] = commands.map((command) => async () => {
    const { stdout } = await run('bash', ['-c', command]);
    expect(stdout).toMatch(/\n$/);
    return JSON.parse(stdout) as unknown;
  });
  expect(commands.length).toBe(8);
  expect(await health?.()).toMatchObject({ status: 'healthy' });
  expect(await save?.()).toMatchObject({ state: 'on', versions: [{ subscribed: { status: 201 } }] });
  expect(await subscribe?.()).toMatchObject({ segmentName: 'ChurnRisk', threshold: 150, status: 'active' });
  expect(await list?.()).toMatchObject({ value: [{}, {}, {}] });
  // As after the README's example, which has left the segment at 160 already.
  await run('bash', ['-c', commands[5] ?? '']);
  await until(() => written().includes('"Yours" is called and runs'));
  expect(await goDown?.()).toMatchObject({ name: 'ChurnRisk' });
  expect(await move?.()).toMatchObject({ name: 'ChurnRisk' });
  await until(() => written().split('"Yours" is called and runs').length === 3);
  // Nothing listens on the port of the user's own program.
  await until(() =>
    /a subscription made by hand to segment-threshold-crossed is called and does not answer/.test(written()),
  );
  expect(await runs?.()).toMatchObject({ value: [{}, { body: { previousValue: 118, value: 160 } }] });
  expect(await turnOff?.()).toMatchObject({ state: 'off', versions: [{ unsubscribed: { status: 204 } }] });

  const url = /listens on (http:\S+)\/api/.exec(written())?.[1] ?? '';
  child.kill('SIGINT');
  expect(await exited).toBe(0);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('when it is killed it leaves nothing in the temporary folder', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'killed-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const child = spawn(process.execPath, [entry, '--ports', ANY_PORTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let written = '';
  child.stdout.on('data', (data: Buffer) => (written += data.toString()));
  await until(() => written.includes('listens on'));
  expect(await readdir(folder)).not.toEqual([]);
  child.kill('SIGKILL');
  for (let left = ['']; left.length > 0;) left = await readdir(folder);
});

test('a checkout that cannot be written to is one line, after a line that says that it builds', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'read-only-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  for (const name of ['scripts', 'functions', 'shared', 'dashboard', 'connector', 'package.json', 'tsconfig.json'])
    await cp(name, path.join(folder, name), { recursive: true });
  await symlink(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  // A root user may write anywhere, but not below a file.
  await writeFile(path.join(folder, 'dist'), '');
  const failed = run(process.execPath, [path.join(folder, 'scripts/after-build.ts'), 'sandbox/start.ts']);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^building…\nThe build cannot write .*dist.*\n$/) as unknown,
  });
});

test('without a build it says what to do, and exits 1', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'no-build-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const failed = run(process.execPath, [entry, '--once'], { cwd: folder });
  await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('npm run build') as unknown });
});
