import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync, type Zippable } from 'fflate';
import { readCommandLine } from './command-line.ts';
import { shippedFiles } from './shipped-files.ts';

const root = path.join(import.meta.dirname, '..');
const usage = `npm run package -- [--into FOLDER]

Builds the app and writes the deployment package: FOLDER/app.zip, and unpacked FOLDER/app.

  --into FOLDER   the target folder (default: build)`;
const { values } = readCommandLine(usage, { into: { type: 'string' } });
const into = path.resolve(values.into ?? path.join(root, 'build'));
/** The unpacked folder, for deployments that create the archive themselves. */
const folder = path.join(into, 'app');
const zip = path.join(into, 'app.zip');

/** The deployed files: the build, host.json, and a package.json without dependencies. */
async function deployedFiles(): Promise<Record<string, Uint8Array>> {
  const read = (file: string): Promise<Buffer> => readFile(path.join(root, file));
  const { name, version, license, type, main } = JSON.parse((await read('package.json')).toString()) as Manifest;
  const manifest = { name, version, license, private: true, type, main };
  const files: Record<string, Uint8Array> = {
    'host.json': await read('host.json'),
    'package.json': Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
  };
  const built = await shippedFiles(path.join(root, 'dist'));
  for (const [name, content] of Object.entries(built)) files[`dist/${name}`] = content;
  if (!(main in files)) throw new Error(`There is no ${main}. Run npm run build first.`);
  return files;
}

type Manifest = Readonly<Record<'name' | 'version' | 'license' | 'type' | 'main', string>>;

const files = await deployedFiles();
await rm(folder, { recursive: true, force: true });
for (const [file, content] of Object.entries(files)) {
  await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
  await writeFile(path.join(folder, file), content);
}
// The earliest time in the format, for all files, so that equal sources give equal bytes.
const entry = { level: 6, mtime: new Date(1980, 0, 1) } as const;
const entries: Zippable = Object.fromEntries(Object.entries(files).map(([file, content]) => [file, [content, entry]]));
const packed = zipSync(entries);
await writeFile(zip, packed);
console.log(
  `${path.relative(process.cwd(), zip)}: ${Object.keys(files).length} files, ${Math.ceil(packed.length / 1024)} KiB`,
);
