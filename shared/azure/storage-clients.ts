import { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { QueueClient, StorageRetryPolicyType } from '@azure/storage-queue';
import type { StoragePipelineOptions } from '@azure/storage-queue';
import type { StorageSetting } from '../storage-setting.ts';

/** The storage settings. If they name endpoints, the app signs in with its managed identity. */
export type StorageAccount = StorageSetting;

export type StorageService = 'tables' | 'queues';

/** A policy in the request pipeline of the storage SDKs. */
export type RequestPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

export interface StorageClients {
  readonly tableService: TableServiceClient;
  /** Returns the same client for the same name. */
  table(name: string): TableClient;
  /** Returns a new client. Each of its operations passes through `policy` once, before any retry. */
  tableThrough(name: string, policy: RequestPolicy): TableClient;
  /** Returns the same client for the same name. */
  queue(name: string): QueueClient;
  /** A signal for one operation with all its retries. Aborts after `timeoutMs`. */
  deadline(): AbortSignal;
}

export interface StorageClientsOptions {
  readonly account: StorageAccount;
  /** Creates the policy of each new client, which sees every HTTP request, including retries. For tests and benchmarks. */
  readonly policyFor?: (service: StorageService) => RequestPolicy;
  /**
   * Timeout of one operation with its retries. Storage usually responds within milliseconds and gives up by
   * itself after 5 s (queries) to 30 s.
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
 * Creates one SDK client for each table and queue. Opens no connection. Throws on a malformed connection
 * string.
 */
export function openStorageClients({ account, policyFor, timeoutMs = 10_000 }: StorageClientsOptions): StorageClients {
  const connect = 'connectionString' in account ? withConnectionString(account) : withManagedIdentity(account);
  const tables = new Map<string, TableClient>();
  const queues = new Map<string, QueueClient>();
  const policiesFor = (service: StorageService): RequestPolicy[] => (policyFor ? [policyFor(service)] : []);

  const newQueue = (name: string): QueueClient => {
    const client = connect.queue(name, queueOptions());
    // The option `additionalPolicies` of @azure/storage-queue 12.30 fails every request with "Duplicate
    // policy names".
    for (const each of policiesFor('queues'))
      client['storageClientContext'].pipeline.addPolicy(each, { afterPhase: 'Sign' });
    return client;
  };

  return {
    tableService: connect.tableService(tableOptions(policiesFor('tables'))),
    table: (name) => obtain(tables, name, () => connect.table(name, tableOptions(policiesFor('tables')))),
    tableThrough: (name, ownPolicy) => {
      const client = connect.table(name, tableOptions(policiesFor('tables')));
      // In the phase `Serialize`, the policy runs before the retries, the one of `policyFor` and the signing.
      client.pipeline.addPolicy(ownPolicy, { phase: 'Serialize' });
      return client;
    },
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
 * Sends U+2028 and U+2029 as JSON escapes. Azurite (3.37) reads them as line ends and responds with 500 to a
 * transaction that contains one.
 */
const escapeLineSeparators: RequestPolicy = {
  name: 'escapeLineSeparators',
  sendRequest(request, next) {
    if (typeof request.body === 'string') {
      request.body = request.body.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    }
    return next(request);
  },
};

function tableOptions(policies: readonly RequestPolicy[]): TableServiceClientOptions {
  return {
    userAgentOptions: { userAgentPrefix: USER_AGENT },
    additionalPolicies: [
      { policy: escapeLineSeparators, position: 'perCall' },
      ...policies.map((policy) => ({ policy, position: 'perRetry' as const })),
    ],
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
