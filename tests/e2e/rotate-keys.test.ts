import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { ownAccount } from '../helpers/azurite.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';

const key = (name: string, fill: number): string => `${name}:${Buffer.alloc(32, fill).toString('base64')}`;
const old = key('old', 1);
const fresh = key('fresh', 2);

const azurite = ownAccount();
let stack: Stack;
let folder: string;
beforeAll(async () => {
  stack = await startTestStack({ azurite, settings: { POLL_SCHEDULE: '0 0 0 1 1 *', CALLBACK_ENCRYPTION_KEYS: old } });
  folder = await mkdtemp(path.join(tmpdir(), 'rotate-keys-'));
});
afterAll(async () => {
  await stack.stop();
  await rm(folder, { recursive: true });
});

/** Runs the script in a folder of its own, whose local.settings.json has these keys. */
async function rotateKeys(keys: string, environment: Record<string, string> = {}) {
  const values = { AzureWebJobsStorage: azurite.connectionString, CALLBACK_ENCRYPTION_KEYS: keys };
  await writeFile(path.join(folder, 'local.settings.json'), JSON.stringify({ Values: values }));
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const script = path.resolve('scripts/rotate-keys.ts');
    execFile(process.execPath, [script], { cwd: folder, env: environment }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

test('after a rotation the app works without the old key', async () => {
  const flow = stack.flows.createFlow({
    name: 'vip',
    trigger: 'segment-threshold-crossed',
    input: { instanceId, segmentName: 'HighValueCustomers', threshold: 1_000_000 },
  });
  expect(await flow.save()).toMatchObject({ status: 201 });

  const lost = await rotateKeys(fresh);
  expect(lost).toMatchObject({ code: 1, stdout: expect.stringContaining('0 rewritten, 0 already new.') as unknown });
  expect(lost.stderr).toMatch(/^sub_\S+: .*\(key old\).*\n1 could not be decrypted/);

  // The environment wins over the file.
  const [, storage] = /TableEndpoint=([^;]+)/.exec(azurite.connectionString) ?? [];
  expect(await rotateKeys(old, { CALLBACK_ENCRYPTION_KEYS: `${fresh},${old}` })).toEqual({
    code: 0,
    stdout: `Callback URLs in ${storage} encrypted with the key fresh: 1 rewritten, 0 already new.\n`,
    stderr: '',
  });
  expect(await rotateKeys(fresh)).toMatchObject({
    code: 0,
    stdout: `Callback URLs in ${storage} encrypted with the key fresh: 0 rewritten, 1 already new.\n`,
  });

  await stack.host.stop();
  const host = await stack.startHost({ settings: { CALLBACK_ENCRYPTION_KEYS: fresh } });
  stack.insights.control.setMemberCount({ instanceId, segmentName: 'HighValueCustomers', memberCount: 2_000_000 });
  await host.poll();
  expect(await flow.waitForRuns(1, 60_000)).toHaveLength(1);
});

test('an account that the environment names is not mistaken for the storage of local.settings.json', async () => {
  // The one credential that finds nothing without asking anybody.
  const nobody = { AZURE_TOKEN_CREDENTIALS: 'EnvironmentCredential' };
  const elsewhere = await rotateKeys(fresh, { AzureWebJobsStorage__accountName: 'elsewhere', ...nobody });
  expect(elsewhere).toMatchObject({ code: 1, stdout: '' });
  expect(elsewhere.stderr).toContain('AuthenticationError');
});

test('a setting that is wrong is named, without its value', async () => {
  const wrong = await rotateKeys('k1:c2VjcmV0');
  expect(wrong).toMatchObject({ code: 1, stdout: '' });
  expect(wrong.stderr).toMatch(/^CALLBACK_ENCRYPTION_KEYS encryption key 1 /);
  expect(wrong.stderr).not.toContain('c2VjcmV0');
});
