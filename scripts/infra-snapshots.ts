import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const infra = 'infra';
const folder = path.join(infra, 'snapshots');
/** What the snapshots depend on. */
const sources = [path.join(infra, 'main.json'), path.join(infra, 'main.bicepparam')];

/** Anybody's: a snapshot is made without a subscription. */
const scope = {
  'tenant-id': 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
  'subscription-id': '11112222-bbbb-3333-cccc-4444dddd5555',
  location: 'westeurope',
} as const;

/**
 * Every combination of sign-in, network and zones, by the environment variables that
 * `infra/main.bicepparam` reads.
 */
export const snapshotCases: readonly {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
}[] = ['key', 'entra'].flatMap((authentication) =>
  [false, true].flatMap((vnet) =>
    [false, true].map((zones) => ({
      name: [authentication, ...(vnet ? ['vnet'] : []), ...(zones ? ['zones'] : [])].join('-'),
      environment: {
        AZURE_ENV_NAME: 'checked',
        AZURE_LOCATION: scope.location,
        AUTHENTICATION: authentication,
        VNET_ENABLED: String(vnet),
        ZONE_REDUNDANT: String(zones),
        ALWAYS_READY: '[{"name":"http","instanceCount":1}]',
        ...(authentication === 'entra' && { ENTRA_CLIENT_ID: '00001111-aaaa-2222-bbbb-3333cccc4444' }),
      },
    })),
  ),
);

export function snapshotFile(name: string): string {
  return path.join(folder, `${name}.json`);
}

/** Names the template and the parameters that snapshots are made from. */
export async function snapshotSources(root: string): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(path.join(root, source)));
  return hash.digest('hex');
}

/** The sources that the snapshots on disk were made from. */
export async function madeFrom(root: string): Promise<string | undefined> {
  const text = await readFile(path.join(root, folder, 'made-from.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { sha256?: string }).sha256;
}

/**
 * Leaves out the rest of a long expression, such as how a secret is made: it is in the template.
 */
function shortened(_: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
}
const LONGEST = 300;

/**
 * Writes what the template resolves to in each case: resources that are not deployed are left out,
 * and conditions are decided.
 */
export async function writeSnapshots(root: string, bicep: string): Promise<void> {
  const copy = await mkdtemp(path.join(tmpdir(), 'infra-'));
  await mkdir(path.join(root, folder), { recursive: true });
  try {
    // The CLI writes a snapshot beside the parameters.
    await cp(path.join(root, infra), copy, { recursive: true });
    const options = Object.entries(scope).flatMap(([name, value]) => [`--${name}`, value]);
    for (const { name, environment } of snapshotCases) {
      const args = ['snapshot', path.join(copy, 'main.bicepparam'), '--mode', 'overwrite', ...options];
      await promisify(execFile)(bicep, args, { env: { ...process.env, ...environment } });
      const snapshot = JSON.parse(await readFile(path.join(copy, 'main.snapshot.json'), 'utf8')) as unknown;
      await writeFile(path.join(root, snapshotFile(name)), `${JSON.stringify(snapshot, shortened, 1)}\n`);
    }
  } finally {
    await rm(copy, { recursive: true });
  }
  const made = { sha256: await snapshotSources(root) };
  await writeFile(path.join(root, folder, 'made-from.json'), `${JSON.stringify(made)}\n`);
}
