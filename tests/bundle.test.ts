import { readFileSync } from 'node:fs';
import path from 'node:path';
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
