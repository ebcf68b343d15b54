import { rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const root = path.join(import.meta.dirname, '..');

/**
 * One ES module with everything inside, so that a deployment needs no node_modules. The core module is supplied by the
 * functions host at run time; CommonJS packages inside the bundle still need a `require`.
 */
await rm(path.join(root, 'dist'), { recursive: true, force: true });
await build({
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
});
