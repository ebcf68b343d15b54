import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import { bundleApp, putFile } from '../scripts/bundle-app.ts';
import { shippedFiles } from '../scripts/shipped-files.ts';
import { shown, shownAll, type Benchmark } from './benchmark.ts';
import { median } from './statistics.ts';

const SIZES = { full: { rounds: 21, warmUps: 2 }, tiny: { rounds: 1, warmUps: 0 } };
const TARGET = 4;

/**
 * A value for each setting without a default. The app registers all its functions with them and
 * makes no calls.
 */
const ENVIRONMENT = {
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  CUSTOMER_INSIGHTS_API_URL: 'https://api.ci.ai.dynamics.com/v1',
  CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
  CALLBACK_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
};

type App = 'bare' | 'packages' | 'ours';

/** The imported apps: sources of `bench/load`, bundled like the app, and the app's own build. */
const APPS: Readonly<Record<App, { readonly about: string; readonly source?: string }>> = {
  bare: { about: 'a bare app: `@azure/functions` and one HTTP function', source: 'bare-app.ts' },
  packages: {
    about: 'the same with `@azure/data-tables`, `@azure/storage-queue`, `ajv` and `undici`, of which it uses nothing',
    source: 'packages-alone.ts',
  },
  ours: { about: 'this app, all functions registered' },
};

/** Measures how long a new process takes to import the app before it can do anything. */
export const loadTime: Benchmark = {
  about: 'time to import the app, compared with a bare one',
  async run({ size, note }) {
    const { rounds, warmUps } = SIZES[size];
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-load-'));
    try {
      const staged = await Promise.all(
        (Object.keys(APPS) as App[]).map(async (app) => ({ app, ...(await stage(app, folder)) })),
      );
      const measured: Record<App, number[]> = { bare: [], packages: [], ours: [] };
      for (let round = 0; round < warmUps + rounds; round++) {
        for (const { app, entry } of staged) {
          const ms = await importTime(entry);
          if (round >= warmUps) measured[app].push(ms);
        }
        note(`round ${round + 1} of ${warmUps + rounds}`);
      }
      const [bare, packages, ours] = [median(measured.bare), median(measured.packages), median(measured.ours)];
      return {
        title: 'Load time',
        text: `How long a new process of Node takes to import the built app. The same script bundles all apps. The tables show medians, and the apps alternate.
_Zip_ is the uploaded archive, without source maps. The packages that the app uses take ${shown(packages / bare)} times as long as a bare app when nothing is done with them. Most of
that time is for the two clients of storage and their HTTP client. The app imports each client with its first call (\`functions/azure-ports.ts\`), and telemetry only when a
setting requires it.`,
        targets: [
          {
            what: 'import, times a bare app',
            target: `≤ ${TARGET}`,
            measured: shown(ours / bare),
            met: ours <= TARGET * bare,
          },
        ],
        tables: [
          {
            columns: ['app', 'zip, KiB', 'ms, median', 'rounds'],
            rows: staged.map(({ app, zipBytes }) => [
              APPS[app].about,
              shown(zipBytes / 1024),
              shown(median(measured[app])),
              shownAll(measured[app]),
            ]),
          },
        ],
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Copies the build of an app to a new folder. */
async function stage(app: App, folder: string): Promise<{ entry: string; zipBytes: number }> {
  const dist = path.join(folder, app);
  await mkdir(dist);
  await writeFile(path.join(dist, 'package.json'), '{"type":"module"}');
  const { source } = APPS[app];
  if (source === undefined) await cp('dist', dist, { recursive: true });
  else for (const file of await bundleApp(path.resolve('bench/load', source))) await putFile(dist, file);
  return { entry: path.join(dist, 'functions/index.js'), zipBytes: zipSync(await shippedFiles(dist)).length };
}

/**
 * In ms, measured within the process, so without the start of Node itself, which is the same for
 * every app.
 */
async function importTime(entry: string): Promise<number> {
  const url = JSON.stringify(pathToFileURL(entry).href);
  const script = `const t = performance.now(); await import(${url}); console.log('imported in ' + (performance.now() - t)); process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATH: process.env['PATH'], ...ENVIRONMENT },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  const [, ms] = /^imported in ([\d.]+)$/m.exec(output) ?? [];
  if (code !== 0 || ms === undefined) throw new Error(`${entry} could not be imported: ${output.slice(0, 500)}`);
  return Number(ms);
}
