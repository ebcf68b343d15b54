import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';

const entry = 'dist/functions/index.js';

/**
 * A module of the bundle and all that it loads with itself; with `later` also what it loads when it
 * is asked to.
 */
function loaded(file: string, { later }: { later: boolean }, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  const imports = [...text.matchAll(/^(?:import|export|\} from) ?(?:[^"';]* from )?"(\.[^"]+)";$/gm)];
  if (later) imports.push(...text.matchAll(/\bimport\("(\.[^"]+)"\)/g));
  for (const [, target = ''] of imports) loaded(path.posix.join(path.posix.dirname(file), target), { later }, seen);
  return seen;
}

/** The packages that a set of modules has code of. */
function packagesIn(modules: ReadonlyMap<string, string>): Set<string> {
  const paths = [...modules.values()].flatMap((text) => [
    ...text.matchAll(/^\/\/ \S*node_modules\/((?:@[^/\s]+\/)?[^/\s]+)/gm),
  ]);
  return new Set(paths.map(([, name = '']) => name));
}

test('loading the app loads no client of storage, Customer Insights, flows or telemetry', () => {
  const packages = packagesIn(loaded(entry, { later: false }));
  expect([...packages].sort()).toEqual(
    expect.arrayContaining(['@azure/functions', '@sinclair/typebox', 'ajv', 'ajv-formats']),
  );
  expect(
    [...packages].filter((name) => /opentelemetry|data-tables|storage|core-|undici|csv|fflate/.test(name)),
  ).toEqual([]);
});

test('loading the app formats nothing for people, which takes longer than loading most of it', () => {
  const counting = `let made = 0;
    for (const kind of ['NumberFormat', 'ListFormat', 'DateTimeFormat', 'Collator'])
      Intl[kind] = new Proxy(Intl[kind], { construct: (...all) => (made++, Reflect.construct(...all)) });
    await import(${JSON.stringify(pathToFileURL(path.resolve(entry)).href)});
    console.log('made ' + made);
    process.exit();`;
  const env = {
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    CUSTOMER_INSIGHTS_API_URL: 'https://api.ci.ai.dynamics.com/v1',
    CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
    CALLBACK_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
  };
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', counting], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(printed).toMatch(/^made 0$/m);
});

test('the clients are in the bundle', () => {
  const packages = packagesIn(loaded(entry, { later: true }));
  expect([...packages]).toEqual(expect.arrayContaining(['@azure/data-tables', '@azure/storage-queue', 'undici']));
});

test('an app with telemetry has all of it in the bundle', () => {
  const packages = packagesIn(loaded(entry, { later: true }));
  expect([...packages]).toEqual(
    expect.arrayContaining(['@opentelemetry/sdk-trace', '@azure/monitor-opentelemetry-exporter']),
  );
});
