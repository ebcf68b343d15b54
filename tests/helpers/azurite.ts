import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** Where an Azurite listens. All URLs end in the account's name, without a slash. */
export interface AzuriteEndpoints {
  readonly connectionString: string;
  readonly blobUrl: string;
  readonly queueUrl: string;
  readonly tableUrl: string;
}

export interface Azurite extends AzuriteEndpoints {
  /** Ends the process; what it stored is gone. Resolves when it has exited, also the second time. */
  stop(): Promise<void>;
}

/** Azurite's published account (learn.microsoft.com/azure/storage/common/storage-use-azurite): not a secret. */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const SHARED = 'SHARED_AZURITE_CONNECTION_STRING';

/** Loaded before Azurite: its standard input is a pipe held by the parent, which closes however the parent ends. */
const EXIT_WITH_PARENT = `data:text/javascript,process.stdin.on('close',()=>process.exit()).resume()`;

/** A new Azurite process, in memory, on free ports of the loopback address. It ends with this process at the latest. */
export async function startAzurite(): Promise<Azurite> {
  const directory = await mkdtemp(path.join(tmpdir(), 'azurite-'));
  const script = createRequire(path.join(process.cwd(), 'package.json')).resolve('azurite/dist/src/azurite.js');
  const flags = '--inMemoryPersistence --silent --skipApiVersionCheck --disableTelemetry';
  const ports = '--blobPort 0 --queuePort 0 --tablePort 0';
  const child = spawn(
    process.execPath,
    ['--import', EXIT_WITH_PARENT, script, ...flags.split(' '), ...ports.split(' ')],
    { cwd: directory, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };

  const urls: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, service, origin] = /^Azurite (\w+) service is successfully listening at (\S+)$/.exec(line) ?? [];
    if (service && origin) urls[service] = `${origin}/${ACCOUNT}`;
    if (Object.keys(urls).length === 3) break;
  }
  // The loop leaves the pipe paused: unread output would block Azurite once the pipe is full.
  child.stdout.resume();
  const { Blob: blobUrl, Queue: queueUrl, Table: tableUrl } = urls;
  if (blobUrl && queueUrl && tableUrl) return { ...endpoints(blobUrl, queueUrl, tableUrl), stop };
  await stop();
  throw new Error('Azurite ended before it was listening');
}

/**
 * The one Azurite of this Jest run, started by azurite-global-setup.ts. It is shared by all test files:
 * use `uniqueName` for every table and queue, and never stop it.
 */
export function sharedAzurite(): AzuriteEndpoints {
  const connectionString = process.env[SHARED];
  if (!connectionString) throw new Error('no shared Azurite: it is started by the globalSetup of jest.config.js');
  const url = (service: string): string => new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '';
  return endpoints(url('Blob'), url('Queue'), url('Table'));
}

/** Makes `azurite` the one that `sharedAzurite` finds, in this process and in those started after. */
export function shareAzurite(azurite: AzuriteEndpoints): void {
  process.env[SHARED] = azurite.connectionString;
}

/** A name that no other test uses, valid for tables and queues: `prefix` (lower-case letters) and 12 hex digits. */
export function uniqueName(prefix: string): string {
  return prefix + randomBytes(6).toString('hex');
}

function endpoints(blobUrl: string, queueUrl: string, tableUrl: string): AzuriteEndpoints {
  const connectionString =
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};` +
    `BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};TableEndpoint=${tableUrl};`;
  return { connectionString, blobUrl, queueUrl, tableUrl };
}
