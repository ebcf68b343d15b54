import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
import { contosoInstanceId as instanceId } from '../../sandbox/customer-insights/seed/seeded-instances.ts';
import { startTestStack } from '../helpers/start-test-stack.ts';

const run = promisify(execFile);
const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const made = await mkdtemp(path.join(tmpdir(), 'package-'));
  folders.push(made);
  return made;
};
const pack = async (timeZone = 'UTC'): Promise<Buffer> => {
  const into = await newFolder();
  await run(process.execPath, ['scripts/package.ts', '--into', into], { env: { ...process.env, TZ: timeZone } });
  return readFile(path.join(into, 'app.zip'));
};

let zip: Buffer;
let folder: string;
beforeAll(async () => {
  zip = await pack();
  folder = await newFolder();
  for (const [file, content] of Object.entries(unzipSync(zip))) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), content);
  }
});
afterAll(() => Promise.all(folders.map((made) => rm(made, { recursive: true }))));

test('the package is the build, host.json and a package.json that asks for no packages', async () => {
  const filesIn = async (root: string): Promise<string[]> =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(root, path.join(parentPath, name)));
  const built = (await filesIn('dist')).filter((file) => !file.endsWith('.map')).map((file) => `dist/${file}`);
  expect((await filesIn(folder)).toSorted()).toEqual([...built, 'host.json', 'package.json'].toSorted());
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ type: 'module', main: 'dist/functions/index.js' });
  expect(manifest).not.toHaveProperty('dependencies');
});

test('packing again, in another time zone, gives the same bytes', async () => {
  expect((await pack('Asia/Tokyo')).equals(zip)).toBe(true);
});

test('unpacked where nothing is installed it subscribes, detects and calls', async () => {
  const stack = await startTestStack({ appFolder: folder, settings: { POLL_SCHEDULE: '0 0 0 1 1 *' } });
  try {
    const { control } = stack.insights;
    control.addSegment({ instanceId, name: 'Packed', memberCount: 10 });
    const input = { instanceId, segmentName: 'Packed', threshold: 100 };
    const flow = stack.flows.createFlow({ name: 'packed', trigger: 'segment-threshold-crossed', input });
    expect(await flow.save()).toMatchObject({ status: 201 });
    control.evaluateSegment({
      instanceId,
      segmentName: 'Packed',
      evaluations: [{ kind: 'succeeded', memberCount: 120 }],
    });
    await stack.host.poll();
    expect(flow.runs.map(({ body }) => body)).toMatchObject([{ previousValue: 10, value: 120, threshold: 100 }]);
    const definition = await fetch(`${stack.host.url}/api/connector/apiDefinition.swagger.json`);
    expect(await definition.json()).toMatchObject({ swagger: '2.0', host: new URL(stack.host.url).host });
    expect((await fetch(`${stack.host.url}/api/dashboard`)).status).toBe(200);
  } finally {
    await stack.stop();
  }
});
