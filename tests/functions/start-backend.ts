import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { startCustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import type { CustomerInsightsSandbox } from '../../sandbox/customer-insights/customer-insights-sandbox.ts';
import type { FunctionsHostOptions } from '../../sandbox/functions-host/start-functions-host.ts';
import { ownAccount, type AzuriteEndpoints } from '../helpers/azurite.ts';
import { sendRequest } from '../sandbox/functions-host/send-request.ts';
import { appFolder, startFolder, type StartedApp } from '../sandbox/functions-host/start-app.ts';

/** Where the backend says that it is; nobody listens there. */
export const PUBLIC_BASE_URL = 'https://triggers.contoso.example';

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON; `undefined` for an empty body. */
  readonly body: unknown;
}

export interface CallOptions {
  /** Of a list each is sent as a header of its own. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent as JSON; a string or bytes as they are. */
  readonly body?: unknown;
}

export interface StartedBackend extends StartedApp {
  /** One request to a path below `api/`, which is sent as it is written. */
  call(method: string, path: string, options?: CallOptions): Promise<Answered>;
  /** Every body that `call` was answered, as it came. */
  readonly answers: readonly string[];
}

type BackendOptions = Pick<FunctionsHostOptions, 'enableAuth' | 'hostKeys' | 'verbose'> & {
  /**
   * Beside the settings that every backend of the tests has. An empty text leaves a setting out.
   */
  readonly settings?: Readonly<Record<string, string>>;
};

/** Nothing but HTTP functions: what is stored comes from the calls of the test alone. */
const workersOff = Object.fromEntries(
  ['schedule-polls', 'reconcile', 'sweep', 'poll-instance', 'deliver', 'retry'].map((name) => [
    `AzureWebJobs.${name}.Disabled`,
    'true',
  ]),
);

let account: AzuriteEndpoints | undefined;
let sandbox: Promise<CustomerInsightsSandbox> | undefined;
afterAll(async () => {
  await (await sandbox)?.stop();
});

/**
 * An account of the test file's own: the backend's tables have fixed names, and the tests read
 * all of them.
 */
export function storage(): AzuriteEndpoints {
  account ??= ownAccount();
  return account;
}

/** The test file's own Customer Insights. */
export function customerInsights(): Promise<CustomerInsightsSandbox> {
  sandbox ??= startCustomerInsightsSandbox();
  return sandbox;
}

/**
 * Starts the built app on the local host, on the test file's own storage and Customer Insights. It
 * ends with the test file.
 */
export async function startBackend({ settings, ...options }: BackendOptions = {}): Promise<StartedBackend> {
  const host = await startFolder(await builtApp(), { ...options, environment: await environmentOf(settings) });
  const answers: string[] = [];
  return {
    ...host,
    answers,
    async call(method, relative, { headers, body } = {}) {
      const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
      const bytes = Buffer.from(raw ? (body ?? '') : JSON.stringify(body));
      const answer = await sendRequest(host.url, `/api/${relative}`, {
        method,
        headers: {
          ...(body !== undefined && !headers?.['transfer-encoding'] && { 'content-length': bytes.length }),
          ...headers,
        },
        ...(body !== undefined && { body: bytes }),
      });
      answers.push(answer.body, JSON.stringify(answer.headers));
      return { ...answer, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown) };
    },
  };
}

/** The settings of a backend of the tests, as environment. */
export async function environmentOf(settings: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const environment: Record<string, string> = {
    AzureWebJobsStorage: storage().connectionString,
    CUSTOMER_INSIGHTS_API_URL: (await customerInsights()).url,
    CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
    CALLBACK_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
    PUBLIC_BASE_URL,
    RATE_LIMIT_CALLS: '0',
    ...workersOff,
    ...settings,
  };
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
}

/**
 * A folder with the app as `npm run build` made it, without the local settings of whoever runs the
 * tests.
 */
export async function builtApp(): Promise<string> {
  const app = path.resolve('dist/functions/index.js');
  return appFolder({
    'package.json': JSON.stringify({ type: 'module', main: 'index.js' }),
    'index.js': `import ${JSON.stringify(app)};`,
    'host.json': await readFile('host.json', 'utf8'),
  });
}
