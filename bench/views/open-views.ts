import { startAzurite } from '../../sandbox/azurite.ts';
import { registerManageAudit } from '../../functions/manage-audit.ts';
import { registerManageDeliveries } from '../../functions/manage-deliveries.ts';
import { registerManageEvents } from '../../functions/manage-events.ts';
import { registerManageInstances } from '../../functions/manage-instances.ts';
import { registerManageQueues } from '../../functions/manage-queues.ts';
import { registerManageRecoveries } from '../../functions/manage-recoveries.ts';
import { registerManageSubscriptions } from '../../functions/manage-subscriptions.ts';
import { createAzureQueueDrain } from '../../shared/azure/azure-queue-drain.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createBackend, type Backend } from '../../shared/backend.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config.ts';
import { memoryCustomerInsights } from '../../shared/insights/memory-customer-insights.ts';
import { silentLog } from '../../shared/log.ts';
import { failureLimit } from '../../shared/rate-limit/failure-limit.ts';
import { systemRandom } from '../../shared/random.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { calledFunctions, type CallResult } from '../../tests/helpers/called-functions.ts';

const OPERATOR_KEY = 'an-operator-key-of-the-benchmark';
export const ENCRYPTION_KEY = Buffer.alloc(32, 1);

/** One call of a route. */
export interface ViewCall {
  readonly body: CallResult['body'];
  readonly ms: number;
  readonly requests: number;
  /** Rows that storage returned. */
  readonly rows: number;
}

/** The functions of the operator API in this process, over an Azurite of their own. */
export interface Views {
  readonly tables: Tables;
  readonly backend: Backend;
  /**
   * Calls the function of a route below `api/`, and counts its requests to storage. Rejects when it
   * is refused.
   */
  call(path: string, body?: object): Promise<ViewCall>;
  stop(): Promise<void>;
}

/**
 * Starts an empty Azurite and registers the functions of the operator API. `instanceIds` exist in
 * Customer Insights.
 */
export async function openViews(instanceIds: readonly string[]): Promise<Views> {
  const azurite = await startAzurite({ blob: 0, queue: 0, table: 0 });
  const counter = createRequestCounter();
  const clients = openStorageClients({
    account: { connectionString: azurite.connectionString },
    policyFor: counter.policyFor,
    timeoutMs: 60_000,
  });
  const read = readConfig({
    AzureWebJobsStorage: azurite.connectionString,
    CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
    CALLBACK_ENCRYPTION_KEYS: `test:${ENCRYPTION_KEY.toString('base64')}`,
    OPERATOR_KEYS: `bench:${OPERATOR_KEY}`,
  });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.faults));
  const { config } = read;
  const insights = memoryCustomerInsights({ clock: systemClock });
  for (const instanceId of instanceIds)
    insights.hold({ instance: { instanceId, name: `Instance ${instanceId.slice(-6)}`, instanceType: 'production' } });
  const tables = createAzureTables({ clients });
  const ports = {
    tables,
    queues: createAzureQueues({ clients }),
    queueDrain: createAzureQueueDrain({ clients }),
    insights: () => insights,
    client: { post: () => Promise.reject(new Error('nothing is delivered here')), close: () => Promise.resolve() },
    lookup: () => Promise.resolve([]),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    telemetry: noTelemetry,
  };
  const backend = createBackend(ports, config);
  const deps = { ...ports, backend, config, limiter: backend.limiter, wrongKeys: failureLimit(systemClock) };
  const functions = calledFunctions();
  for (const register of [
    registerManageSubscriptions,
    registerManageEvents,
    registerManageDeliveries,
    registerManageRecoveries,
    registerManageQueues,
    registerManageAudit,
    registerManageInstances,
  ])
    register(functions.registrar, deps);
  return {
    tables,
    backend,
    async call(path, body) {
      counter.reset();
      const startedMs = performance.now();
      const method = body === undefined ? 'GET' : 'POST';
      const headers = { 'x-operator-key': OPERATOR_KEY };
      const answer = await functions.ask({ method, path, headers, ...(body !== undefined && { body }) });
      const ms = performance.now() - startedMs;
      if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return { body: answer.body, ms, requests: counter.total(), rows: counter.rows() };
    },
    stop: () => azurite.stop(),
  };
}
