import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';

const folder = mkdtempSync(path.join(tmpdir(), 'ready-'));
afterAll(() => rmSync(folder, { recursive: true }));
const calls = path.join(folder, 'calls');

/** An `az` that notes its arguments, and answers what the script `answer` prints. */
function az(answer: string): void {
  const file = path.join(folder, 'az');
  writeFileSync(calls, '');
  writeFileSync(file, `#!/bin/sh\necho "$@" >> ${calls}\n${answer}\n`);
  chmodSync(file, 0o755);
}

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function run(option: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const azd = { AZURE_SUBSCRIPTION_ID: 'sub', AZURE_RESOURCE_GROUP: 'rg-checked', APP_NAME: 'func-checked' };
  const env = { ...azd, READY_PAUSE_MS: '1', PATH: `${folder}:${process.env['PATH'] ?? ''}`, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/deployment-ready.ts', option], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

const reference = (status: string): string => `{"properties":{"status":"${status}"}}`;

test('waits for roles: settings that the vault refuses are asked for again until all are read', async () => {
  const waiting = `{"value":[${reference('Resolved')},${reference('AccessToKeyVaultDenied')}]}`;
  const done = `{"value":[${reference('Resolved')},${reference('Resolved')}]}`;
  // Resolved once it was asked for twice.
  az(`if [ "$(grep -c refresh ${calls})" -ge 2 ]; then echo '${done}'; else echo '${waiting}'; fi`);
  expect(await run('--roles')).toEqual({
    code: 0,
    stdout: 'Waiting: 1 of 2 settings could not be read from the vault yet (AccessToKeyVaultDenied)\n',
    stderr: '',
  });
  const made = readFileSync(calls, 'utf8').trim().split('\n');
  const app = '/subscriptions/sub/resourceGroups/rg-checked/providers/Microsoft.Web/sites/func-checked';
  expect(made.map((call) => call.split(' ').slice(0, 5).join(' '))).toEqual(
    ['', '/refresh', '', '/refresh', ''].map(
      (refresh) =>
        `rest --method ${refresh ? 'post' : 'get'} --url ${app}/config/configreferences/appsettings${refresh}?api-version=2022-03-01`,
    ),
  );
});

test('roles that never take effect, and an az that fails, end with what is missing', async () => {
  az(`echo '{"value":[${reference('AccessToKeyVaultDenied')}]}'`);
  expect(await run('--roles', { READY_PATIENCE_MS: '0' })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^Not ready: 1 of 1 settings .*AccessToKeyVaultDenied.*docs\/deploy\.md/),
  });
  az('echo "Please run az login" >&2; exit 1');
  expect(await run('--roles')).toMatchObject({ code: 1, stderr: expect.stringContaining('az login') });
  expect(await run('--roles', { APP_NAME: '' })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('APP_NAME'),
  });
});

test('waits for health, and says what the app answers until then', async () => {
  let asked = 0;
  const app = createServer((_, response) => {
    asked += 1;
    if (asked < 3) {
      response.statusCode = 503;
      response.setHeader('content-type', 'application/problem+json');
      response.end(JSON.stringify({ detail: 'CALLBACK_ENCRYPTION_KEYS is required.' }));
    } else response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(app, 'listening');
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}/api/health`;
  try {
    expect(await run('--health', { HEALTH_URL: url })).toEqual({
      code: 0,
      stdout: `Waiting: ${url} answers 503: CALLBACK_ENCRYPTION_KEYS is required.\n`,
      stderr: '',
    });
    expect(asked).toBe(3);
  } finally {
    app.close();
  }
});

test('asks for what to wait', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--roles') });
});
