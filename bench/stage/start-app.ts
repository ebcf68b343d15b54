import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startFunctionsHost, type FunctionsHostProcess } from '../../sandbox/functions-host/start-functions-host.ts';
import { bundleApp, putFile } from '../../scripts/bundle-app.ts';
import type { Variant } from './variant.ts';

export interface BenchApp extends FunctionsHostProcess {
  /** Polls the instance immediately, without the queue. Resolves when the poll has started. */
  poll(instanceId: string): Promise<void>;
}

/** An app as deployed, which can be started any number of times. */
export interface StagedApp {
  start(environment: Readonly<Record<string, string>>, options?: StartOptions): Promise<BenchApp>;
  remove(): Promise<void>;
}

export interface StartOptions {
  readonly output?: (line: string) => void;
  readonly leaseSeconds?: number;
}

/**
 * The queue settings of the conventional design, which depends on them: the largest batch, and the
 * next batch received while the last one is processed. A higher concurrency did not make it faster
 * here.
 */
const CONVENTIONAL_QUEUES = { batchSize: 32, newBatchThreshold: 32 };

/**
 * `ours` is the app's own build with its own host.json, unchanged (run `npm run build` first). The
 * conventional design is bundled here.
 */
export async function stageApp(variant: Variant): Promise<StagedApp> {
  const appDirectory = await mkdtemp(path.join(tmpdir(), `bench-${variant}-`));
  await cp('package.json', path.join(appDirectory, 'package.json'));
  const hostJson = JSON.parse(await readFile('host.json', 'utf8')) as { extensions: { queues: object } };
  if (variant === 'conventional') {
    Object.assign(hostJson.extensions.queues, CONVENTIONAL_QUEUES);
    const dist = path.join(appDirectory, 'dist');
    for (const file of await bundleApp(path.resolve('bench/conventional/app.ts'))) await putFile(dist, file);
  } else {
    await cp('dist', path.join(appDirectory, 'dist'), { recursive: true });
  }
  await writeFile(path.join(appDirectory, 'host.json'), JSON.stringify(hostJson));
  return {
    async start(environment, options = {}) {
      const host = await startFunctionsHost({ ...options, appDirectory, environment });
      await healthy(`${host.url}/api/health`);
      return {
        ...host,
        async poll(instanceId) {
          const response = await fetch(`${host.url}/admin/functions/poll-instance`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ input: JSON.stringify({ v: 1, instanceId }) }),
          });
          if (response.status !== 202) throw new Error(`poll-instance could not be started: status ${response.status}`);
        },
      };
    },
    remove: () => rm(appDirectory, { recursive: true, force: true }),
  };
}

async function healthy(url: string): Promise<void> {
  const { status } = await fetch(url);
  if (status !== 200) throw new Error(`${url} responded with ${status}`);
}
