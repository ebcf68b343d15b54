import { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { QueueClient, StorageRetryPolicyType } from '@azure/storage-queue';
import type { StoragePipelineOptions } from '@azure/storage-queue';
import type { StorageSetting } from '../storage-setting.ts';
import type { HttpClient } from './pipeline.ts';
import { storageHttpClient } from './storage-http-client.ts';
import { tableSender, type SendTableRequest } from './table-requests.ts';

/** The storage settings. If they name endpoints, the app signs in with its managed identity. */
export type StorageAccount = StorageSetting;

export type StorageService = 'tables' | 'queues';

/** A policy in the request pipeline of the storage SDKs. */
export type RequestPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

export interface StorageClients {
  readonly tableService: TableServiceClient;
  /** Returns the same client for the same name. */
  table(name: string): TableClient;
  /** Sends requests to a table, with the retries and the credential of its client. */
  tableSender(name: string): SendTableRequest;
  /** Returns the same client for the same name. */
  queue(name: string): QueueClient;
  /** A signal for one operation with all its retries. Aborts after `timeoutMs`. */
  deadline(): AbortSignal;
}

export interface StorageClientsOptions {
  readonly account: StorageAccount;
  /**
   * Creates the policy of each new client, which sees every HTTP request, including retries. For
   * tests and benchmarks.
   */
  readonly policyFor?: (service: StorageService) => RequestPolicy;
  /**
   * Timeout of one operation with its retries. Storage usually responds within milliseconds and
   * gives up by itself after 5 s (queries) to 30 s.
   */
  readonly timeoutMs?: number;
}

/**
 * The SDKs retry after a broken connection or a 500 or 503 response (tables also: 408, all 5xx),
 * and the caller does not see these retries. The defaults of the SDKs, 3 retries within 7 s
 * (tables) and 16 s (queues), would delay a flow's request and make unavailable storage look slow.
 * Without retries, every idle connection that the service closes would become a failure. So there
 * are two retries within a second. The cost is that a write whose response was lost is sent again.
 * `shared/storage/tables.ts` describes what that means for a write.
 */
const RETRIES = 2;
const RETRY_DELAY_MS = 250;

const USER_AGENT = 'customer-insights-triggers';

/**
 * Creates one SDK client for each table and queue. Opens no connection. Throws on a malformed
 * connection string.
 */
export function openStorageClients({ account, policyFor, timeoutMs = 10_000 }: StorageClientsOptions): StorageClients {
  const connect = 'connectionString' in account ? withConnectionString(account) : withManagedIdentity(account);
  const allowsHttp = 'connectionString' in account;
  const httpClient = storageHttpClient();
  const tables = new Map<string, TableClient>();
  const senders = new Map<string, SendTableRequest>();
  const queues = new Map<string, QueueClient>();
  const policiesFor = (service: StorageService): RequestPolicy[] => (policyFor ? [policyFor(service)] : []);

  const newQueue = (name: string): QueueClient => {
    const client = connect.queue(name, queueOptions());
    // The option `additionalPolicies` of @azure/storage-queue 12.30 fails every request with
    // "Duplicate policy names".
    for (const each of policiesFor('queues'))
      client['storageClientContext'].pipeline.addPolicy(each, { afterPhase: 'Sign' });
    return client;
  };

  const table = (name: string): TableClient =>
    obtain(tables, name, () => lean(connect.table(name, tableOptions(httpClient, policiesFor('tables')))));

  return {
    tableService: lean(connect.tableService(tableOptions(httpClient, policiesFor('tables')))),
    table,
    tableSender: (name) => obtain(senders, name, () => tableSender(table(name), httpClient, { allowsHttp })),
    queue: (name) => obtain(queues, name, () => newQueue(name)),
    deadline: () => AbortSignal.timeout(timeoutMs),
  };
}

interface Connect {
  tableService(options: TableServiceClientOptions): TableServiceClient;
  table(name: string, options: TableServiceClientOptions): TableClient;
  queue(name: string, options: StoragePipelineOptions): QueueClient;
}

/** The scheme in the connection string selects https or http. */
function withConnectionString({ connectionString }: { readonly connectionString: string }): Connect {
  const schemeOfConnectionString = { allowInsecureConnection: true };
  return {
    tableService: (options) =>
      TableServiceClient.fromConnectionString(connectionString, { ...options, ...schemeOfConnectionString }),
    table: (name, options) =>
      TableClient.fromConnectionString(connectionString, name, { ...options, ...schemeOfConnectionString }),
    queue: (name, options) => new QueueClient(connectionString, name, options),
  };
}

/** https only. */
function withManagedIdentity({
  queueServiceUri,
  tableServiceUri,
}: Exclude<StorageAccount, { readonly connectionString: string }>): Connect {
  const credential = lazyCredential();
  return {
    tableService: (options) => new TableServiceClient(tableServiceUri, credential, options),
    table: (name, options) => new TableClient(tableServiceUri, name, credential, options),
    queue: (name, options) => new QueueClient(`${queueServiceUri}/${name}`, credential, options),
  };
}

/**
 * Loads the identity SDK when the first token is requested, so an app with a connection string
 * starts without it.
 */
function lazyCredential(): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      credential ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
      return (await credential).getToken(scopes, options);
    },
  };
}

/**
 * Policies of a table client that would do nothing for the requests of this app, but take time for
 * each of them.
 */
const UNUSED_POLICIES = [
  // The HTTP client goes through the proxy of the environment.
  'proxyPolicy',
  // Storage compresses nothing.
  'decompressResponsePolicy',
  'formDataPolicy',
  'multipartPolicy',
  // Nothing registers a tracer with the SDK.
  'tracingPolicy',
  'redirectPolicy',
  // For signals that are not those of the platform.
  'wrapAbortSignalLikePolicy',
];

/** Takes the unused policies out of a client. */
function lean<T extends TableClient | TableServiceClient>(client: T): T {
  for (const name of UNUSED_POLICIES) client.pipeline.removePolicy({ name });
  return client;
}

function tableOptions(httpClient: HttpClient, policies: readonly RequestPolicy[]): TableServiceClientOptions {
  return {
    httpClient,
    userAgentOptions: { userAgentPrefix: USER_AGENT },
    additionalPolicies: policies.map((policy) => ({ policy, position: 'perRetry' as const })),
    retryOptions: {
      maxRetries: RETRIES,
      retryDelayInMs: RETRY_DELAY_MS,
      maxRetryDelayInMs: 2 * RETRY_DELAY_MS,
    },
  };
}

function queueOptions(): StoragePipelineOptions {
  return {
    userAgentOptions: { userAgentPrefix: USER_AGENT },
    retryOptions: {
      maxTries: 1 + RETRIES,
      retryDelayInMs: RETRY_DELAY_MS,
      retryPolicyType: StorageRetryPolicyType.FIXED,
    },
  };
}

function obtain<T>(map: Map<string, T>, key: string, create: () => T): T {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
