import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { buildDashboard, type BuiltFile } from './build-dashboard.ts';

const root = path.join(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

/**
 * ES modules with everything inside, so that a deployment needs no node_modules: the app, and in `chunks` what it loads only when a
 * setting asks for it. The core module is supplied by the functions host at run time; CommonJS packages inside the bundle still
 * need a `require`.
 */
const built = await build({
  entryPoints: { 'functions/index': path.join(root, 'functions/index.ts') },
  outdir: dist,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  platform: 'node',
  target: 'node22',
  format: 'esm',
  external: ['@azure/functions-core'],
  sourcemap: true,
  legalComments: 'none',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  write: false,
});
const files = built.outputFiles.map(({ path: file, contents }) => ({ path: path.relative(dist, file), contents }));
const isChunk = (file: BuiltFile): boolean => path.dirname(file.path) === 'chunks';
const [chunks, app] = [files.filter(isChunk), files.filter((file) => !isChunk(file))];
const dashboard = await buildDashboard(root);
// The app comes last: a host that starts meanwhile finds all that it loads.
for (const file of [...dashboard, ...chunks, ...app]) await put(file);
await dropOthers('dashboard/assets', dashboard);
await dropOthers('chunks', chunks);

/** Each file takes the place of the old one in one step: a host that starts meanwhile finds a whole app. */
async function put({ path: file, contents }: BuiltFile): Promise<void> {
  const target = path.join(dist, file);
  await mkdir(path.dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  await writeFile(fresh, contents);
  await rename(fresh, target);
}

/** Files of earlier builds, whose names hold what was in them. */
async function dropOthers(folder: string, built: readonly BuiltFile[]): Promise<void> {
  const kept = new Set(built.map(({ path: file }) => path.normalize(file)));
  for (const name of await readdir(path.join(dist, folder))) {
    const file = path.join(folder, name);
    if (!kept.has(file)) await rm(path.join(dist, file), { force: true });
  }
}
