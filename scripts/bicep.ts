import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

/**
 * The compiled template names the version of its compiler, so every comparison uses this version.
 */
export const BICEP_VERSION = '0.49.2';

const PACKAGE = 'azure.bicep.commandline.linux-x64';
const PACKAGE_SHA512 =
  '9019d7d221bdc1dfcf59d093c057d4be6e897a69fee4beec63b6fb1d08b993e2cbc1d166adbc38cb94532c5c5ec0214c741a944e188e20b31aeec8339253c401';
/** The download has 115 MB. */
const DOWNLOAD_TIMEOUT_MS = 180_000;

export type FoundBicep =
  { readonly kind: 'found'; readonly path: string } | { readonly kind: 'missing'; readonly reason: string };

/**
 * Finds the Bicep CLI of `BICEP_VERSION`: the program that `BICEP` names, one on the PATH, an
 * earlier download, or a new download from the NuGet source of `NUGET_SOURCE` or of the user's
 * NuGet.Config. Needs neither dotnet nor nuget. Downloads only for Linux on x64.
 */
export async function findBicep(root: string): Promise<FoundBicep> {
  const downloaded = path.join(root, 'node_modules', '.cache', `bicep-${BICEP_VERSION}`, 'bicep');
  for (const candidate of [process.env['BICEP'], 'bicep', downloaded])
    if (candidate !== undefined && (await isOfVersion(candidate))) return { kind: 'found', path: candidate };
  try {
    await download(downloaded);
    return { kind: 'found', path: downloaded };
  } catch (error) {
    return { kind: 'missing', reason: error instanceof Error ? error.message : String(error) };
  }
}

async function isOfVersion(bicep: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(bicep, ['--version']);
    return stdout.includes(` ${BICEP_VERSION} `);
  } catch {
    return false;
  }
}

async function download(target: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`Install it and set BICEP to its path (${process.platform} ${process.arch})`);
  const source = await nugetSource();
  if (source === undefined)
    throw new Error(
      'no NuGet source is configured; set NUGET_SOURCE to the address of an index.json, or BICEP to a path',
    );
  const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
  const { resources } = JSON.parse((await get(source, signal)).toString()) as {
    resources: readonly { '@id': string; '@type': string }[];
  };
  const packages = resources.find((resource) => resource['@type'].startsWith('PackageBaseAddress/3'))?.['@id'];
  if (packages === undefined) throw new Error(`the NuGet source ${source} has no packages`);
  const file = `${PACKAGE}/${BICEP_VERSION}/${PACKAGE}.${BICEP_VERSION}.nupkg`;
  const nupkg = await get(new URL(file, packages.replace(/\/?$/, '/')).href, signal);
  if (createHash('sha512').update(nupkg).digest('hex') !== PACKAGE_SHA512)
    throw new Error(`${file} is not the expected package`);
  const { 'tools/bicep': program } = unzipSync(nupkg, { filter: ({ name }) => name === 'tools/bicep' });
  if (program === undefined) throw new Error(`${file} contains no program`);
  await mkdir(path.dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  await writeFile(fresh, program);
  await chmod(fresh, 0o755);
  await rename(fresh, target);
}

async function get(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} responded with ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** The first source in the user's NuGet.Config, which NuGet clients use too. */
async function nugetSource(): Promise<string | undefined> {
  if (process.env['NUGET_SOURCE']) return process.env['NUGET_SOURCE'];
  for (const file of ['.nuget/NuGet/NuGet.Config', '.config/NuGet/NuGet.Config']) {
    const config = path.join(homedir(), file);
    if (
      !(await access(config).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const source = /<add\s[^>]*\bvalue="(https?:[^"]+)"/.exec(await readFile(config, 'utf8'))?.[1];
    if (source !== undefined) return source;
  }
  return undefined;
}
