import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { operations } from '../../../sandbox/customer-insights/control/control.ts';
import { matchRoute } from '../../../sandbox/customer-insights/http/router.ts';
import {
  contosoInstanceId as instanceId,
  storeDataSourceId,
} from '../../../sandbox/customer-insights/seed/seeded-instances.ts';
import { call, openSandbox } from './open-sandbox.ts';

const folder = path.join(__dirname, '../../../sandbox/customer-insights');

test('run alone it serves on the port it was given, asks for the key, and ends on SIGTERM', async () => {
  const child = spawn(process.execPath, [path.join(folder, 'main.ts'), '--port', '0', '--key', 'k1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let output = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      output += chunk.toString();
      if (output.includes(instanceId)) break;
    }
    const url = /http:\S+\/v1/.exec(output)?.[0] ?? '';
    expect((await fetch(`${url}/instances`)).status).toBe(401);
    const headers = { 'ocp-apim-subscription-key': 'k1', authorization: 'Bearer t' };
    expect((await fetch(`${url}/instances`, { headers })).status).toBe(200);
  } finally {
    child.kill('SIGTERM');
  }
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(0);
});

test('a port that is in use is one line', async () => {
  const sandbox = await openSandbox();
  const port = new URL(sandbox.url).port;
  const failed = promisify(execFile)(process.execPath, [path.join(folder, 'main.ts'), '--port', port]);
  await expect(failed).rejects.toMatchObject({
    code: 1,
    stderr: `Port ${port} is in use. Choose another with --port.\n`,
  });
  await sandbox.stop();
});

test('every call the README shows works, and every control operation is shown', async () => {
  const sandbox = await openSandbox();
  try {
    const open = sandbox.control.refreshDataSource({ instanceId, dataSourceId: storeDataSourceId, end: 'open' });
    const variables = new Map([
      ['$CONTROL', sandbox.controlUrl],
      ['$CONTOSO', `${sandbox.controlUrl}/instances/${instanceId}`],
      ['$STORE', storeDataSourceId],
      ['$TASK', open.tasks[0]?.taskId],
      ['$JOB', open.jobId],
    ]);
    const readme = readFileSync(path.join(folder, 'README.md'), 'utf8');
    const shown = new Set<string>();
    for (const [line, method = 'GET', address = '', body] of readme.matchAll(
      /^curl(?: -X (\w+))? (\S+)(?: -d '(.*)')?$/gm,
    )) {
      const url = address.replaceAll(/\$[A-Z]+/g, (name) => variables.get(name) ?? name);
      const answer = await call(url, { method, ...(body !== undefined && { body }) });
      expect({ line, answer: answer.body, worked: answer.status === 200 || answer.status === 204 }).toMatchObject({
        worked: true,
      });
      const route = matchRoute(routes, method, new URL(url).pathname)?.route;
      if (route !== undefined) shown.add(route.name);
    }
    expect([...shown].sort()).toEqual(Object.keys(operations).sort());
  } finally {
    await sandbox.stop();
  }
});

const routes = Object.entries(operations).map(([name, operation]) => ({
  name,
  method: operation.method,
  path: `/control${operation.path}`,
}));

test('nothing here knows how the project reads Customer Insights', () => {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  expect(sources.length).toBeGreaterThan(20);
  for (const name of sources) {
    expect(readFileSync(path.join(folder, name), 'utf8')).not.toMatch(/from '[^']*shared\/insights/);
  }
});
