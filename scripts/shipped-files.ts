import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The deployed files of a folder, by their path in it, in sorted order. Source maps are left out,
 * because the bundle is not minified and the host does not read them.
 */
export async function shippedFiles(folder: string): Promise<Record<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'));
  const files: Record<string, Uint8Array> = {};
  for (const name of names.sort()) files[name] = await readFile(path.join(folder, name));
  return files;
}
