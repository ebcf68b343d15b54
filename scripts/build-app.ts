import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { stop } from 'esbuild';
import { buildDashboard, type BuiltFile } from './build-dashboard.ts';
import { bundleApp, putFile } from './bundle-app.ts';

/**
 * Bundles the app and its dashboard into the folder `dist` of the project at `root`. A host that
 * starts during the build finds all files that it loads.
 */
export async function buildApp(root: string): Promise<void> {
  const dist = path.join(root, 'dist');
  const files = await bundleApp(path.join(root, 'functions/index.ts'));
  const isChunk = (file: BuiltFile): boolean => path.dirname(file.path) === 'chunks';
  const [chunks, app] = [files.filter(isChunk), files.filter((file) => !isChunk(file))];
  const dashboard = await buildDashboard(root);
  const icon = { path: 'connector/icon.png', contents: await readFile(path.join(root, 'connector/icon.png')) };
  // The app is written last, so the files that it loads exist by then.
  for (const file of [...dashboard, icon, ...chunks, ...app]) await putFile(dist, file);
  await dropOthers(dist, 'dashboard/assets', dashboard);
  await dropOthers(dist, 'chunks', chunks);
  // The bundler runs in its own process, which would otherwise keep running beside the next
  // program.
  await stop();
}

/** Deletes files of earlier builds, whose names contain a hash of their content. */
async function dropOthers(dist: string, folder: string, built: readonly BuiltFile[]): Promise<void> {
  const kept = new Set(built.map(({ path: file }) => path.normalize(file)));
  for (const name of await readdir(path.join(dist, folder))) {
    const file = path.join(folder, name);
    if (!kept.has(file)) await rm(path.join(dist, file), { force: true });
  }
}
