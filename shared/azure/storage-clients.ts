import { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { QueueClient, StorageRetryPolicyType } from '@azure/storage-queue';
import type { StoragePipelineOptions } from '@azure/storage-queue';
import type { StorageSetting } from '../storage-setting.ts';

/** What the storage settings say; end points are reached with managed identity. */
export type StorageAccount = StorageSetting;

export type StorageService = 'tables' | 'queues';

/** Sees every HTTP request to storage, repeated ones too. */
export type RequestPolicy = NonNullable<TableServiceClientOptions['additionalPolicies']>[number]['policy'];

export interface StorageClients {
  readonly tableService: TableServiceClient;
  /** The same client for the same name. */
  table(name: string): TableClient;
  /** A client of its own, whose operations pass through `policy` first, once however often they are repeated. */
  tableThrough(name: string, policy: RequestPolicy): TableClient;
  /** The same client for the same name. */
  queue(name: string): QueueClient;
  /** For one operation with all its tries: fails it after `timeoutMs`. */
  deadline(): AbortSignal;
}

export interface StorageClientsOptions {
  readonly account: StorageAccount;
  /** Called once for each client it makes; for tests and benchmarks. */
  readonly policy?: (service: StorageService) => RequestPolicy;
  /** Of one operation with its repetitions. Storage answers in milliseconds, and gives up by itself after 5 s (a query) to 30 s. */
  readonly timeoutMs?: number;
}

/**
 * The SDKs repeat a request that met a broken connection or an answer 500, 503 (and tables: 408, 5xx), unseen by the caller. Their
 * defaults of 3 times within 7 s (tables) and 16 s (queues) hold up a flow's request, and make a dead storage look like a
 * slow one. Never to repeat would turn every idle connection that the service closes into a failure. Hence twice, within a second.
 * The price: a write whose answer was lost is made again. See `Tables` for what this means.
 */
const REPETITIONS = 2;
const REPETITION_DELAY_MS = 250;

const USER_AGENT = 'customer-insights-triggers';

/** Makes the SDKs' clients, once for each table and queue. Opens no connection. Throws on a malformed connection string. */
export function openStorageClients({ account, policy, timeoutMs = 10_000 }: StorageClientsOptions): StorageClients {
  const connect = 'connectionString' in account ? withConnectionString(account) : withManagedIdentity(account);
  const tables = new Map<string, TableClient>();
  const queues = new Map<string, QueueClient>();
  const seen = (service: StorageService): RequestPolicy[] => (policy ? [policy(service)] : []);

  const newQueue = (name: string): QueueClient => {
    const client = connect.queue(name, queueOptions());
    // The option `additionalPolicies` of @azure/storage-queue 12.30 breaks every request: "Duplicate policy names".
    for (const each of seen('queues')) client['storageClientContext'].pipeline.addPolicy(each, { afterPhase: 'Sign' });
    return client;
  };

  return {
    tableService: connect.tableService(tableOptions(seen('tables'))),
    table: (name) => obtain(tables, name, () => connect.table(name, tableOptions(seen('tables')))),
    tableThrough: (name, own) => {
      const client = connect.table(name, tableOptions(seen('tables')));
      // In this phase it comes before the policy that measures and signs.
      client.pipeline.addPolicy(own, { phase: 'Serialize' });
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

/** The connection string's own scheme decides between https and http. */
function withConnectionString({ connectionString }: { readonly connectionString: string }): Connect {
  const schemeOfItsOwn = { allowInsecureConnection: true };
  return {
    tableService: (options) =>
      TableServiceClient.fromConnectionString(connectionString, { ...options, ...schemeOfItsOwn }),
    table: (name, options) =>
      TableClient.fromConnectionString(connectionString, name, { ...options, ...schemeOfItsOwn }),
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

/** Loads the identity SDK with the first token, so that an app with a connection string starts without it. */
function lazyCredential(): TokenCredential {
  let credential: Promise<TokenCredential> | undefined;
  return {
    async getToken(scopes, options) {
      credential ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
      return (await credential).getToken(scopes, options);
    },
  };
}

/** As JSON escapes in what is sent: Azurite takes these two for ends of lines, and answers 500 to a transaction that holds one (3.37). */
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
      maxRetries: REPETITIONS,
      retryDelayInMs: REPETITION_DELAY_MS,
      maxRetryDelayInMs: 2 * REPETITION_DELAY_MS,
    },
  };
}

function queueOptions(): StoragePipelineOptions {
  return {
    userAgentOptions: { userAgentPrefix: USER_AGENT },
    retryOptions: {
      maxTries: 1 + REPETITIONS,
      retryDelayInMs: REPETITION_DELAY_MS,
      retryPolicyType: StorageRetryPolicyType.FIXED,
    },
  };
}

function obtain<T>(map: Map<string, T>, key: string, create: () => T): T {
  const value = map.get(key) ?? create();
  map.set(key, value);
  return value;
}
