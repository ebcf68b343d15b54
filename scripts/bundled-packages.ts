import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

/** A package that has code in what is deployed. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** As its package.json says, in the words of SPDX. */
  readonly license: string;
  /** What lies in its folder about licences, one after the other; empty when there is nothing. */
  readonly texts: readonly string[];
}

/**
 * The packages that the built app in `dist` and the dashboard have code of, by name and version.
 * The bundler writes the path of each module into the app, and reports those of the dashboard,
 * which is minified.
 */
export async function bundledPackages(root: string): Promise<BundledPackage[]> {
  const modules = [...(await modulesOfApp(path.join(root, 'dist'))), ...(await modulesOfDashboard(root))];
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined));
  const packages = await Promise.all([...folders].map((folder) => readPackage(path.join(root, folder))));
  const byVersion = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  return [...byVersion.keys()].sort().flatMap((version) => byVersion.get(version) ?? []);
}

async function modulesOfApp(dist: string): Promise<string[]> {
  const files = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith('.js'));
  const texts = await Promise.all(files.map((file) => readFile(path.join(dist, file), 'utf8')));
  return texts.flatMap((text) =>
    [...text.matchAll(/^ *\/\/ (\S*node_modules\/\S+)$/gm)].map(([, module = '']) => module),
  );
}

async function modulesOfDashboard(root: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['dashboard/app.tsx', 'dashboard/style.css'],
    outdir: 'dist',
    bundle: true,
    platform: 'browser',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    metafile: true,
    write: false,
    logLevel: 'warning',
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
}

/** The folder of the package that a module is of, be the package within another. */
function packageFolder(module: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0];
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const manifest = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, license } = manifest;
  if (typeof name !== 'string' || typeof version !== 'string' || typeof license !== 'string')
    throw new Error(`${folder} does not say under which licence it is`);
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return { name, version, license, texts: texts.map((text) => text.replaceAll('\r\n', '\n').trim()) };
}
