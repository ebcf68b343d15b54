import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Azurite {
  readonly connectionString: string;
  /**
   * Ends the process and discards what it stored. Resolves when the process has exited, also when
   * called again.
   */
  readonly stop: () => Promise<void>;
}

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AzuriteOptions {
  /**
   * Accounts beside Azurite's default account, each with its own queues and tables. Names have 3 to
   * 24 lower-case letters and digits.
   */
  readonly accounts?: readonly string[];
  /**
   * Temporary folders of this process, which are removed when it ends without having stopped
   * Azurite.
   */
  readonly folders?: readonly string[];
}

/**
 * Azurite's published account, not a secret
 * (learn.microsoft.com/azure/storage/common/storage-use-azurite).
 */
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Azurite's default of 5 s closes connections just as clients reuse them. A response that is lost
 * with a connection may hide messages until their lease ends. Azure keeps connections open for
 * minutes.
 */
const KEEP_ALIVE_SECONDS = '600';

/** The variable that names the folders to remove, as a JSON list. */
const FOLDERS = 'SANDBOX_FOLDERS';

/**
 * Loaded before Azurite. Its standard input is a pipe from the parent, which closes however the
 * parent ends. A parent that was killed has not removed its folders.
 */
const EXIT_WITH_PARENT = `data:text/javascript,${encodeURIComponent(`
import { rmSync } from 'node:fs';
process.stdin.on('close', () => {
  process.chdir('..');
  for (const folder of JSON.parse(process.env.${FOLDERS})) rmSync(folder, { recursive: true, force: true });
  process.exit();
}).resume();`)}`;

/**
 * Starts an Azurite process, in memory, on the loopback address. Port 0 is any free port. The
 * process ends at the latest when this process ends, but not by a Ctrl-C in the terminal, because
 * programs that write to it may have to finish first. Rejects when the process ends before it
 * listens, as on a port in use.
 */
export async function startAzurite(
  ports: AzuritePorts,
  { accounts = [], folders = [] }: AzuriteOptions = {},
): Promise<Azurite> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sandbox-azurite-'));
  const script = createRequire(path.resolve('package.json')).resolve('azurite/dist/src/azurite.js');
  const flags = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const ofServices = (['blob', 'queue', 'table'] as const).flatMap((service) => [
    `--${service}Port`,
    String(ports[service]),
    `--${service}KeepAliveTimeout`,
    KEEP_ALIVE_SECONDS,
  ]);
  const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, script, ...flags, ...ofServices], {
    cwd: directory,
    env: {
      ...process.env,
      [FOLDERS]: JSON.stringify([directory, ...folders]),
      AZURITE_ACCOUNTS: [ACCOUNT, ...accounts].map((account) => `${account}:${ACCOUNT_KEY}`).join(';'),
    },
    // Azurite gets its own process group, because a Ctrl-C in the terminal goes to the whole group
    // of this process.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
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
  // The loop leaves the pipe paused, and a full pipe would block Azurite.
  child.stdout.resume();
  const { Blob: blobUrl, Queue: queueUrl, Table: tableUrl } = urls;
  if (!blobUrl || !queueUrl || !tableUrl) {
    await stop();
    throw new Error('Azurite ended before it was listening.');
  }
  const connectionString =
    `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${ACCOUNT_KEY};` +
    `BlobEndpoint=${blobUrl};QueueEndpoint=${queueUrl};TableEndpoint=${tableUrl};`;
  return { connectionString, stop };
}
