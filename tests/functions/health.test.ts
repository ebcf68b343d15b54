import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { startBackend, builtApp, environmentOf, storage } from './start-backend.ts';
import { bodyOf, subscriptionsOf } from './subscribe-bodies.ts';

test('a backend with good settings is healthy, and asks nobody who they are', async () => {
  const backend = await startBackend({ enableAuth: true });
  const { status, headers, body } = await backend.call('GET', 'health');
  expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'application/json' });
  expect(body).toEqual({
    status: 'healthy',
    version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
    poison: { polls: 0, deliveries: 0, retries: 0 },
  });
});

test('poisoned messages are reported, and the backend stays healthy', async () => {
  const queue = openStorageClients({ account: storage() }).queue('deliveries-poison');
  await queue.createIfNotExists();
  await queue.sendMessage('cG9pc29u');
  const backend = await startBackend();
  const { status, body } = await backend.call('GET', 'health');
  expect({ status, body }).toMatchObject({ status: 200, body: { poison: { polls: 0, deliveries: 1, retries: 0 } } });
});

describe('with settings at fault', () => {
  const settings = {
    CALLBACK_ENCRYPTION_KEYS: 'kid:S3CR3T',
    POLL_SCHEDULE: 'sometimes',
    CUSTOMER_INSIGHTS_TIMEOUT_MS: '0',
    PUBLIC_BASE_URL: 'ftp://S3CR3T',
    AzureWebJobsStorage: '',
  };
  const atFault = [
    'AzureWebJobsStorage',
    'CALLBACK_ENCRYPTION_KEYS',
    'CUSTOMER_INSIGHTS_TIMEOUT_MS',
    'POLL_SCHEDULE',
    'PUBLIC_BASE_URL',
  ];

  test('the host says which and ends with 1, without a word of their values', async () => {
    const command = [path.resolve('sandbox/host.ts'), '--port', '0'];
    const env = { PATH: process.env['PATH'], ...(await environmentOf(settings)) };
    const failure: unknown = await promisify(execFile)(process.execPath, command, { cwd: await builtApp(), env }).catch(
      (error: unknown) => error,
    );
    const { code, stdout, stderr } = failure as { code: number; stdout: string; stderr: string };
    expect(code).toBe(1);
    const said = stderr.split('\n').filter((line) => !line.startsWith('{'));
    expect(said.join('')).toMatch(new RegExp(atFault.map((setting) => `(?=.*${setting} )`).join('')));
    const logged = [...stderr.matchAll(/^{"event":"setting.invalid".*"setting":"(\w+)"/gm)].map(
      ([, setting]) => setting,
    );
    expect(logged.sort()).toEqual(atFault);
    expect(stdout + stderr).not.toContain('S3CR3T');
  });

  test('a host that goes on, as the real one does, has health alone, which names each with its fault', async () => {
    // A function that is switched off is there for the master key alone: so our host does not hear
    // of it when it starts.
    const backend = await startBackend({
      enableAuth: true,
      hostKeys: { _master: 'm4ster' },
      settings: { ...settings, 'AzureWebJobs.Health.Disabled': 'true' },
    });
    const asMaster = { headers: { 'x-functions-key': 'm4ster' } };
    const { status, headers, body } = await backend.call('GET', 'health', asMaster);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 503, type: 'application/problem+json' });
    const { errors, detail, ...problem } = body as { errors: { pointer: string; message: string }[]; detail: string };
    expect(problem).toMatchObject({ code: 'settings-invalid', status: 503 });
    expect(errors.map(({ pointer }) => pointer.slice(1)).sort()).toEqual(atFault);
    for (const { pointer, message } of errors) expect(detail).toContain(`${pointer.slice(1)} ${message}`);
    expect(JSON.stringify(body)).not.toContain('S3CR3T');

    const full = bodyOf('full-refresh-completed', 'flow');
    const subscribe = await backend.call('POST', subscriptionsOf('full-refresh-completed'), {
      ...asMaster,
      body: full,
    });
    expect(subscribe).toMatchObject({ status: 404, body: undefined });
    for (const route of ['instances', 'triggers/full-refresh-completed/subscriptions', 'triggers/no/subscriptions']) {
      expect(await backend.call('GET', route, asMaster)).toMatchObject({ status: 404, body: undefined });
    }
  });
});
