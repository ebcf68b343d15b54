import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startAzurite } from './azurite.ts';
import { startCustomerInsightsSandbox } from './customer-insights/customer-insights-sandbox.ts';
import type { CustomerInsightsSandbox } from './customer-insights/customer-insights-sandbox.ts';
import { startFlowPlatform } from './flow-platform/start-flow-platform.ts';
import type { FlowPlatform } from './flow-platform/start-flow-platform.ts';
import { freePort, isFree } from './free-port.ts';
import { startStackHost } from './stack-host.ts';
import type { StackHost, StackHostOptions } from './stack-host.ts';

/** The ports of all parts of the stack, on 127.0.0.1. */
export interface StackPorts {
  readonly app: number;
  readonly insights: number;
  readonly flows: number;
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

/**
 * The ports in README and local.settings.sample.json. Core Tools also use 7071, and Azurite 10000
 * to 10002.
 */
export const defaultPorts: StackPorts = {
  app: 7071,
  insights: 7072,
  flows: 7080,
  blob: 10_000,
  queue: 10_001,
  table: 10_002,
};

/** The operator key of the sandbox. */
export const SANDBOX_OPERATOR_KEY = 'sandbox-operator';

export interface StackOptions {
  /** Ports to use when they are free. Otherwise, and by default, any free ports. */
  readonly ports?: Partial<StackPorts>;
  /** Settings of the app. They add to or replace those that connect it to the stack. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with every line that the hosts write. */
  readonly output?: (line: string) => void;
  /** A running Azurite without tables of another stack. It is not stopped. */
  readonly azurite?: { readonly connectionString: string };
  /** The `--lease-seconds` of the host. */
  readonly leaseSeconds?: number;
  /**
   * The folder of the built app: package.json, host.json, dist. The default is the current folder.
   */
  readonly appFolder?: string;
}

export type AnotherHost = Pick<StackHostOptions, 'port' | 'leaseSeconds' | 'graceSeconds' | 'output'> & {
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder of another build of the app. The default is that of the stack. */
  readonly appFolder?: string;
};

/** The backend and its dependencies, on this machine. */
export interface Stack {
  readonly ports: StackPorts;
  readonly insights: CustomerInsightsSandbox;
  readonly flows: FlowPlatform;
  /** The host that was started first. A restart returns another. */
  readonly host: StackHost;
  /**
   * Starts another host over the same storage, with the same settings unless others are given. By
   * default on a free port.
   */
  startHost(options?: AnotherHost): Promise<StackHost>;
  /** Stops the hosts, including those that have ended already, and then their dependencies. */
  stop(): Promise<void>;
}

/**
 * Starts the whole stack. Resolves once the app is healthy. Needs `npm run build` first. On a
 * failure, everything that was started is stopped.
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
  };
  try {
    return await start(options, cleanups, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: StackOptions,
  cleanups: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Stack> {
  const staged = async (appFolder: string): Promise<string> => {
    const folder = await stageApp(appFolder);
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    return folder;
  };
  const appDirectory = await staged(options.appFolder ?? '.');
  const wanted = await freePorts(options.ports ?? {});

  const ownAzurite = options.azurite ? undefined : await startAzurite(wanted, { folders: [appDirectory] });
  if (ownAzurite) cleanups.push(() => ownAzurite.stop());
  const connectionString = options.azurite?.connectionString ?? ownAzurite?.connectionString ?? '';

  const insights = await startCustomerInsightsSandbox({ port: wanted.insights });
  cleanups.push(() => insights.stop());

  // The app needs its own address before it starts, because it builds `Location` from it.
  const appPort = wanted.app === 0 ? await freePort() : wanted.app;
  const backend = `http://127.0.0.1:${appPort}`;
  const flows = await startFlowPlatform({ backendUrl: `${backend}/api`, port: wanted.flows });
  cleanups.push(() => flows.stop());

  const environment = {
    AzureWebJobsStorage: connectionString,
    CUSTOMER_INSIGHTS_API_URL: insights.url,
    CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
    CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8',
    CALLBACK_ENCRYPTION_KEYS: `sandbox:${randomBytes(32).toString('base64')}`,
    OPERATOR_KEYS: `sandbox:${SANDBOX_OPERATOR_KEY}`,
    PUBLIC_BASE_URL: backend,
    // Polls follow each other faster here than a real Customer Insights would allow.
    RATE_LIMIT_CALLS: '0',
    ...options.settings,
  };
  const startHost = async ({ settings, appFolder, ...another }: AnotherHost = {}): Promise<StackHost> => {
    const host = await startStackHost({
      ...(options.output && { output: options.output }),
      ...(options.leaseSeconds !== undefined && { leaseSeconds: options.leaseSeconds }),
      ...another,
      appDirectory: appFolder === undefined ? appDirectory : await staged(appFolder),
      environment: { ...environment, ...settings },
    });
    cleanups.push(() => host.stop());
    return host;
  };
  const host = await startHost({ port: appPort });
  const ports = {
    ...portsOf(connectionString),
    app: appPort,
    insights: portOf(insights.url),
    flows: portOf(flows.url),
  };
  return { ports, insights, flows, host, startHost, stop };
}

/**
 * The ports to listen on, with 0 (any free port) for each one that is in use or was not requested.
 */
async function freePorts(ports: Partial<StackPorts>): Promise<StackPorts> {
  const wanted = { app: 0, insights: 0, flows: 0, blob: 0, queue: 0, table: 0, ...ports };
  for (const name of Object.keys(wanted) as (keyof StackPorts)[]) if (!(await isFree(wanted[name]))) wanted[name] = 0;
  return wanted;
}

function portsOf(connectionString: string): Pick<StackPorts, 'blob' | 'queue' | 'table'> {
  const port = (service: string): number =>
    portOf(new RegExp(`${service}Endpoint=([^;]+)`).exec(connectionString)?.[1] ?? '');
  return { blob: port('Blob'), queue: port('Queue'), table: port('Table') };
}

/** 0 when the text is not a URL with a port. */
function portOf(url: string): number {
  return Number(URL.parse(url)?.port ?? 0);
}

/**
 * Copies the files of a deployment to a new folder, without local.settings.json and node_modules. A
 * build meanwhile does not change the copy.
 */
async function stageApp(from: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sandbox-app-'));
  try {
    for (const part of ['package.json', 'host.json', 'dist'])
      await cp(path.join(from, part), path.join(folder, part), { recursive: true });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`There is no build of the app here. Run 'npm run build' in the project's folder first.`, {
      cause: error,
    });
  }
  return folder;
}
