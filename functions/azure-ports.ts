import type { AzureStorage } from '../shared/azure/azure-storage.ts';
import { systemClock } from '../shared/clock.ts';
import type { BackendPorts } from '../shared/composition/backend-ports.ts';
import type { Config } from '../shared/config.ts';
import { customerInsightsToken } from '../shared/insights/access-token.ts';
import type { CallPermits } from '../shared/insights/call-permits.ts';
import type { EntityData } from '../shared/insights/entity-data.ts';
import type { CallbackClient } from '../shared/outgoing/callback-client.ts';
import type { CallbackPolicy } from '../shared/outgoing/callback-policy.ts';
import { systemLookup } from '../shared/outgoing/lookup.ts';
import { systemRandom } from '../shared/random.ts';
import type { Telemetry } from '../shared/telemetry/telemetry.ts';
import { consoleLog } from './console-log.ts';
import { deferred } from './deferred.ts';
import { once } from './once.ts';

/**
 * Creates the ports to Azure, Customer Insights and flows. Called once per process. The clients
 * behind the ports make up most of the app's code, so a client is imported only when one of its
 * methods is first called. Azure starts a separate process for each group of functions, and no
 * group needs all clients. `deferred` cannot know the methods of a client that is not loaded yet,
 * so each call lists them (`get: true`).
 */
export function azurePorts(
  config: Config,
  telemetry: Telemetry,
): BackendPorts &
  Pick<AzureStorage, 'createQueues'> & {
    /** Creates the client of the data actions. Its calls take their permits from `permits`. */
    readonly data: (permits: CallPermits) => EntityData;
  } {
  const clock = systemClock;
  const random = systemRandom;
  const log = consoleLog;
  const storage = once(async (): Promise<AzureStorage> => {
    const { azureStorage } = await import('../shared/azure/azure-storage.ts');
    return azureStorage(config.storage, log);
  });
  const { baseUrl, credential, scope, subscriptionKey, timeoutMs, workflowPath } = config.insights;
  const token = customerInsightsToken(credential, scope, clock);
  const clientOptions = {
    baseUrl,
    timeoutMs,
    clock,
    random,
    log,
    telemetry,
    ...(subscriptionKey !== undefined && { subscriptionKey }),
    ...(token !== undefined && { token }),
  };
  const deferredClient = (policy: CallbackPolicy): CallbackClient =>
    deferred(
      async () => {
        const { callbackClient } = await import('../shared/outgoing/callback-client.ts');
        return callbackClient({ policy, timeoutMs: config.deliveryTimeoutMs, clock });
      },
      { post: true, close: true },
    );
  return {
    tables: deferred(async () => (await storage()).tables, {
      get: true,
      query: true,
      write: true,
      tableNames: true,
      dropTable: true,
    }),
    queues: deferred(async () => (await storage()).queues, { send: true, length: true, oldestSentAt: true }),
    queueDrain: deferred(async () => (await storage()).queueDrain, { receive: true, delete: true }),
    createQueues: async (queues) => (await storage()).createQueues(queues),
    insights: (permits) =>
      deferred(
        async () => {
          const { restCustomerInsights } = await import('../shared/insights/rest-customer-insights.ts');
          return restCustomerInsights({ ...clientOptions, workflowPath, permits });
        },
        {
          instances: true,
          instance: true,
          dataSources: true,
          segments: true,
          measures: true,
          measure: true,
          jobs: true,
          job: true,
          tasks: true,
          nodes: true,
          close: true,
        },
      ),
    data: (permits) =>
      deferred(
        async () => {
          const { restEntityData } = await import('../shared/insights/rest-entity-data.ts');
          return restEntityData({ ...clientOptions, permits });
        },
        {
          entities: true,
          entity: true,
          items: true,
          createItem: true,
          updateItem: true,
          partitions: true,
          partitionRows: true,
          close: true,
        },
      ),
    client: deferredClient(config.callbackPolicy),
    operatorClient: config.operatorWebhook && deferredClient(config.operatorWebhook.policy),
    lookup: systemLookup,
    clock,
    random,
    log,
    telemetry,
  };
}
