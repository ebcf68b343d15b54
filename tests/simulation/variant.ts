import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Edit } from './safeguards.ts';

/**
 * Chunks of one recipient instead of 250, of which a poll processes two, so that a few
 * subscriptions are cut into several chunks and some are enqueued.
 */
export const SMALL_CHUNKS: readonly Edit[] = [
  {
    file: 'shared/deliveries/outbox/chunk.ts',
    find: 'export const CHUNK_SIZE = 250;',
    replace: 'export const CHUNK_SIZE = 1;',
  },
  {
    file: 'shared/deliveries/outbox/fan-out.ts',
    find: 'const INLINE_CHUNKS = 16;',
    replace: 'const INLINE_CHUNKS = 2;',
  },
];

/**
 * Builds the simulation as one file with some lines of the sources replaced, and returns its path.
 * Throws when a line to replace is not in its file exactly once. The source has changed then, and
 * the edit must change too.
 */
export async function buildVariant(edits: readonly Edit[]): Promise<string> {
  const outfile = path.join(mkdtempSync(path.join(tmpdir(), 'simulation-')), 'simulate.cjs');
  const files = new Set(edits.map(({ file }) => path.resolve(file)));
  await build({
    entryPoints: ['tests/simulation/simulate.ts'],
    bundle: true,
    platform: 'node',
    // The simulation can build variants, but not from within a variant.
    external: ['esbuild'],
    format: 'cjs',
    outfile,
    logLevel: 'silent',
    plugins: [
      {
        name: 'edits',
        setup(plugin) {
          plugin.onLoad({ filter: /\.ts$/ }, (args) => {
            if (!files.has(args.path)) return undefined;
            let contents = readFileSync(args.path, 'utf8');
            for (const { find, replace, file } of edits) {
              if (path.resolve(file) !== args.path) continue;
              if (contents.split(find).length !== 2) throw new Error(`not once in ${file}: ${find}`);
              contents = contents.replace(find, () => replace);
            }
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  return outfile;
}
