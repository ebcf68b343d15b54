import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

/** A built file with its path below `dist`. */
export interface BuiltFile {
  readonly path: string;
  readonly contents: Uint8Array;
}

const OUT = 'dashboard';

/**
 * Builds the page and its assets. The name of an asset contains a hash of its content, so that
 * browsers may cache it forever. The page refers to its assets by relative URLs, so it works below
 * any path.
 */
export async function buildDashboard(root: string): Promise<BuiltFile[]> {
  const source = path.join(root, 'dashboard');
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['dashboard/app.tsx', 'dashboard/style.css', 'dashboard/icon.svg'],
    outdir: path.join(OUT, 'assets'),
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    write: false,
  });
  const assetPathOf = (entry: string): string => {
    const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === `dashboard/${entry}`);
    if (found === undefined) throw new Error(`esbuild produced no file for dashboard/${entry}`);
    return `dashboard/assets/${path.basename(found[0])}`;
  };
  const template = await readFile(path.join(source, 'index.html'), 'utf8');
  const page = template
    .replace('{script}', assetPathOf('app.tsx'))
    .replace('{style}', assetPathOf('style.css'))
    .replace('{icon}', assetPathOf('icon.svg'));
  return [
    ...outputFiles.map(({ path: file, contents }) => ({ path: path.relative(root, file), contents })),
    { path: path.join(OUT, 'index.html'), contents: Buffer.from(page) },
  ];
}
