import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import type { Stack } from '../../sandbox/stack.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { readAllRows } from '../../shared/storage/all-rows.ts';
import { ownAccount, type AzuriteEndpoints } from '../helpers/azurite.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';

const [one, other] = [ownAccount(), ownAccount()];
let stack: Stack;
beforeAll(async () => {
  stack = await startTestStack({ azurite: one, settings: { POLL_SCHEDULE: '0 0 0 1 1 *' } });
});
afterAll(() => stack.stop());

const copy = (...args: readonly string[]) => promisify(execFile)(process.execPath, ['scripts/copy-tables.ts', ...args]);
const rowsOf = async ({ connectionString }: AzuriteEndpoints, table: string) => {
  const tables = createAzureTables({ clients: openStorageClients({ account: { connectionString } }) });
  const rows = await readAllRows(tables, table, { partition: { from: '', to: '~' } });
  return rows.map(({ etag, ...row }) => row);
};

test('an app over the copy goes on where the one over the original was', async () => {
  const { control } = stack.insights;
  const rise = (...counts: readonly number[]): void => {
    control.evaluateSegment({
      instanceId,
      segmentName: 'ChurnRisk',
      evaluations: counts.map((memberCount) => ({ kind: 'succeeded', memberCount })),
    });
  };
  const input = { instanceId, segmentName: 'ChurnRisk', threshold: 500 };
  const flow = stack.flows.createFlow({ name: 'moved', trigger: 'segment-threshold-crossed', input });
  expect(await flow.save()).toMatchObject({ status: 201 });
  rise(400, 600);
  await stack.host.poll();
  expect(flow.runs).toHaveLength(1);

  for (const time of [1, 2]) {
    const { stdout } = await copy('--from', one.connectionString, '--to', other.connectionString);
    expect({ time, stdout }).toEqual({
      time,
      stdout: expect.stringMatching(/^activity\d{6}: \d+ rows$[^]*^subscriptions: 1 rows$/m),
    });
  }
  for (const table of ['state', 'work', 'connections', 'subscriptions', 'instances'])
    expect({ table, rows: await rowsOf(other, table) }).toEqual({ table, rows: await rowsOf(one, table) });

  const moved = await stack.startHost({ settings: { AzureWebJobsStorage: other.connectionString } });
  await moved.poll();
  expect(flow.runs).toHaveLength(1);
  rise(300, 700);
  await moved.poll();
  expect(flow.runs.map(({ body }) => body)).toMatchObject([{ value: 600 }, { previousValue: 300, value: 700 }]);
});

test('one account alone is refused', async () => {
  await expect(copy('--from', 'one')).rejects.toMatchObject({ code: 1, stdout: '' });
  await expect(copy('--from', 'one', '--to', 'one')).rejects.toMatchObject({ code: 1, stdout: '' });
});
