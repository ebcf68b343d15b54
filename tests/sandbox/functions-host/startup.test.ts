import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, test } from '@jest/globals';
import { sendRequest } from './send-request.ts';
import { appFolder, eventually, startApp, startFolder } from './start-app.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('an app', () => {
  test('runs as one bundle without node_modules', async () => {
    const folder = await appFolder({
      'package.json': '{"type":"module","main":"index.js"}',
      'host.json': '{"version":"2.0"}',
    });
    await build({
      entryPoints: [path.resolve('tests/sandbox/functions-host/apps/http-app.ts')],
      outfile: path.join(folder, 'index.js'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['@azure/functions-core'],
      banner: { js: `import { createRequire as cr } from 'node:module'; const require = cr(import.meta.url);` },
    });
    const host = await startFolder(folder);
    expect((await sendRequest(host.url, '/api/answers/json')).body).toBe('{"a":1}');
  });

  test('that throws while it is loaded leaves a host without functions, whose log says why', async () => {
    const host = await startApp('broken-app');
    expect(await sendRequest(host.url, '/api/hello')).toMatchObject({ status: 404, body: '' });
    expect((await sendRequest(host.url, '/admin/host/ping')).status).toBe(200);
    expect(host.lines.join('\n')).toContain('A function with id "hello" has already been registered.');
  });

  test('without storage, or with one that does not answer, still answers HTTP', async () => {
    const closed = `http://127.0.0.1:${await freePort()}/a`;
    const without = await startApp('queue-app', { environment: { QUEUE: 'work' } });
    const unanswered = await startApp('queue-app', {
      environment: {
        QUEUE: 'work',
        AzureWebJobsStorage: `AccountName=a;AccountKey=a2V5;DefaultEndpointsProtocol=http;QueueEndpoint=${closed}`,
      },
    });
    for (const host of [without, unanswered]) expect((await sendRequest(host.url, '/api/runs')).status).toBe(200);
    expect(without.lines.join('\n')).toContain(`no storage connection string in the setting 'AzureWebJobsStorage'`);
    const complaints = () => Promise.resolve(unanswered.lines.filter((line) => line.includes('cannot be read')));
    expect(await eventually(complaints, ({ length }) => length > 0)).toHaveLength(1);
    expect(await unanswered.stop()).toBe(0);
  });

  test('without host.json and local.settings.json runs with the defaults', async () => {
    const folder = await appFolder({ 'package.json': '{"main":"index.js"}', 'index.js': '' });
    const host = await startFolder(folder);
    expect((await sendRequest(host.url, '/api/any')).status).toBe(404);
  });

  test('that answers its health check with bad settings ends the host with the reason', async () => {
    const started = startApp('unwell-app', { environment: { HEALTH_CODE: 'settings-invalid' } });
    await expect(started).rejects.toThrow('POLL_SCHEDULE is wrong.');
  });

  test('that is not healthy for another reason runs, and the log warns', async () => {
    const host = await startApp('unwell-app', { environment: { HEALTH_CODE: 'storage-unreachable' } });
    expect((await sendRequest(host.url, '/api/health')).status).toBe(503);
    expect(host.lines.join('\n')).toMatch(/warning +host: The app is not healthy: POLL_SCHEDULE is wrong\./);
  });
});

describe('settings', () => {
  test('of local.settings.json are there unless the environment has them', async () => {
    const host = await startApp('unwell-app', {
      environment: { HEALTH_CODE: 'from-environment' },
      localSettings: { Values: { HEALTH_CODE: 'settings-invalid' } },
    });
    expect((await sendRequest(host.url, '/api/health')).body).toContain('from-environment');
  });

  test.each([
    ['host.json without version', { version: undefined }, `missing the required 'version'`],
    ['a batch of 100', { extensions: { queues: { batchSize: 100 } } }, 'batchSize must be a whole number from 1 to 32'],
    ['a route prefix with slashes', { extensions: { http: { routePrefix: '/v1/' } } }, 'routePrefix must not begin'],
  ])('that the real host breaks on end the host: %s', async (_, hostJson, reason) => {
    await expect(startApp('http-app', { hostJson })).rejects.toThrow(reason);
  });
});

describe('the command', () => {
  const run = promisify(execFile);
  const entry = path.resolve('sandbox/host.ts');

  async function listeningLine(cwd: string, ...args: string[]): Promise<string | undefined> {
    const child = spawn(process.execPath, [entry, ...args], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line.startsWith('listening')) child.kill('SIGTERM');
    }
    await exited;
    return lines.at(-1);
  }

  test('takes its port from local.settings.json, and the option wins', async () => {
    const port = await freePort();
    const cwd = await appFolder({
      'package.json': '{"main":"index.js"}',
      'index.js': '',
      'local.settings.json': JSON.stringify({ Host: { LocalHttpPort: port } }),
    });
    expect(await listeningLine(cwd)).toBe(`listening on http://127.0.0.1:${port}`);
    expect(await listeningLine(cwd, '--port', '0')).not.toBe(`listening on http://127.0.0.1:${port}`);
  });

  test.each([
    [['--colour'], 'Unknown option'],
    [['--port', 'http'], '--port must be a whole number'],
    [['--lease-seconds', '0'], '--lease-seconds must be a whole number from 1'],
  ])('refuses %j and shows what it knows', async (args, reason) => {
    const failure = await run(process.execPath, [entry, ...args]).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stderr: expect.stringContaining(reason) });
    expect(failure).toMatchObject({ stderr: expect.stringContaining('--enable-auth') });
  });

  test('says so when the port is taken', async () => {
    const first = await startApp('http-app');
    await expect(startApp('http-app', { port: Number(new URL(first.url).port) })).rejects.toThrow('EADDRINUSE');
  });

  test('warns when keys are enforced and there is none', async () => {
    const host = await startApp('http-app', { enableAuth: true });
    expect(host.lines.join('\n')).toContain('HOST_KEYS contains no key');
    expect((await sendRequest(host.url, '/api/secured')).status).toBe(401);
  });
});
