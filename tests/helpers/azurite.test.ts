import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { sharedAzurite, startAzurite, uniqueName } from './azurite.ts';

const answers = async (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.status > 0,
    () => false,
  );

test('the shared Azurite serves blobs, queues and tables', async () => {
  const { blobUrl, queueUrl, tableUrl } = sharedAzurite();
  expect(await Promise.all([blobUrl, queueUrl, tableUrl].map(answers))).toEqual([true, true, true]);
});

test('an Azurite of its own is gone once it is stopped', async () => {
  const azurite = await startAzurite();
  expect(await answers(azurite.tableUrl)).toBe(true);
  await azurite.stop();
  await azurite.stop();
  expect(await answers(azurite.tableUrl)).toBe(false);
});

test('an Azurite ends with the process that started it, even when that is killed', async () => {
  const script = `const a = await (await import('./tests/helpers/azurite.ts')).startAzurite(); console.log(a.tableUrl)`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output] = (await once(parent.stdout, 'data')) as [Buffer];
  const tableUrl = output.toString().trim();
  expect(await answers(tableUrl)).toBe(true);
  parent.kill('SIGKILL');
  while (await answers(tableUrl)) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('unique names are valid for tables and queues, and differ', () => {
  expect(uniqueName('state')).toMatch(/^state[a-z0-9]{12}$/);
  expect(uniqueName('state')).not.toBe(uniqueName('state'));
});
