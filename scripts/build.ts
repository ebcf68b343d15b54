import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');

/**
 * One ES module with everything inside, so that a deployment needs no node_modules. The core module is supplied by the
 * functions host at run time; CommonJS packages inside the bundle still need a `require`.
 */
const built = await build({
  entryPoints: { 'functions/index': path.join(root, 'functions/index.ts') },
  outdir: path.join(root, 'dist'),
  bundle: true,
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
// Each file takes the place of the old one in one step: a host that starts meanwhile finds a whole app.
for (const file of built.outputFiles) {
  await mkdir(path.dirname(file.path), { recursive: true });
  const fresh = `${file.path}.${process.pid}`;
  await writeFile(fresh, file.contents);
  await rename(fresh, file.path);
}
