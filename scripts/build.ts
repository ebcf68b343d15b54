import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { buildDashboard, type BuiltFile } from './build-dashboard.ts';
import { bundleApp, putFile } from './bundle-app.ts';

const root = path.join(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

const files = await bundleApp(path.join(root, 'functions/index.ts'));
const isChunk = (file: BuiltFile): boolean => path.dirname(file.path) === 'chunks';
const [chunks, app] = [files.filter(isChunk), files.filter((file) => !isChunk(file))];
const dashboard = await buildDashboard(root);
// The app comes last: a host that starts meanwhile finds all that it loads.
for (const file of [...dashboard, ...chunks, ...app]) await putFile(dist, file);
await dropOthers('dashboard/assets', dashboard);
await dropOthers('chunks', chunks);

/** Files of earlier builds, whose names hold what was in them. */
async function dropOthers(folder: string, built: readonly BuiltFile[]): Promise<void> {
  const kept = new Set(built.map(({ path: file }) => path.normalize(file)));
  for (const name of await readdir(path.join(dist, folder))) {
    const file = path.join(folder, name);
    if (!kept.has(file)) await rm(path.join(dist, file), { force: true });
  }
}
