import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import type { BuiltFile } from './build-dashboard.ts';

/**
 * Bundles a functions app as ES modules with all dependencies, so that a deployment needs no
 * node_modules: `functions/index.js`, and in `chunks` the modules that are loaded only when a
 * setting requires them. The functions host supplies the core module at run time. CommonJS packages
 * inside the bundle still need a `require`.
 */
export async function bundleApp(entry: string): Promise<BuiltFile[]> {
  const outdir = path.resolve('dist');
  const { outputFiles } = await build({
    entryPoints: { 'functions/index': entry },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    platform: 'node',
    target: 'node22',
    format: 'esm',
    // `debug` does without supports-color where there is none: what happens to be installed for the
    // development is no part of the app.
    external: ['@azure/functions-core', 'supports-color'],
    sourcemap: true,
    legalComments: 'none',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
    write: false,
  });
  return outputFiles.map(({ path: file, contents }) => ({ path: path.relative(outdir, file), contents }));
}

/**
 * Writes a file below a folder. Replaces the old file in one step, so a host that starts meanwhile
 * finds a complete app.
 */
export async function putFile(folder: string, { path: file, contents }: BuiltFile): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  await writeFile(fresh, contents);
  await rename(fresh, target);
}
