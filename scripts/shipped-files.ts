import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * What a deployment takes of the files below a folder, by their names in it, in the order of these. Source maps stay here: the bundle is not
 * minified, and the host reads none.
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
