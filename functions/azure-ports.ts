import { createAzureQueueDrain } from '../shared/azure/azure-queue-drain.ts';
import { createAzureQueues } from '../shared/azure/azure-queues.ts';
import { createQueues } from '../shared/azure/create-queues.ts';
import { createAzureTables } from '../shared/azure/azure-tables.ts';
import { openStorageClients } from '../shared/azure/storage-clients.ts';
import type { BackendPorts } from '../shared/backend.ts';
import { systemClock } from '../shared/clock.ts';
import type { Config } from '../shared/config.ts';
import { customerInsightsToken } from '../shared/insights/access-token.ts';
import type { CallPermits } from '../shared/insights/call-permits.ts';
import type { EntityData } from '../shared/insights/entity-data.ts';
import { restCustomerInsights } from '../shared/insights/rest-customer-insights.ts';
import { restEntityData } from '../shared/insights/rest-entity-data.ts';
import { callbackClient } from '../shared/outgoing/callback-client.ts';
import { systemLookup } from '../shared/outgoing/vetted-connect.ts';
import { systemRandom } from '../shared/random.ts';
import type { Telemetry } from '../shared/telemetry/telemetry.ts';
import { consoleLog } from './console-log.ts';

/** Creates the ports to Azure, Customer Insights and flows, once per process. No connection is opened before the first call. */
export function azurePorts(
  config: Config,
  telemetry: Telemetry,
): BackendPorts & {
  readonly data: (permits: CallPermits) => EntityData;
  /** Creates missing queues. Never rejects. */
  readonly createQueues: (queues: readonly string[]) => Promise<void>;
} {
  const clock = systemClock;
  const random = systemRandom;
  const log = consoleLog;
  const clients = openStorageClients({ account: config.storage });
  const { baseUrl, credential, scope, subscriptionKey, timeoutMs, workflowPath } = config.insights;
  const token = customerInsightsToken(credential, scope, clock);
  const calling = {
    baseUrl,
    timeoutMs,
    clock,
    random,
    log,
    telemetry,
    ...(subscriptionKey !== undefined && { subscriptionKey }),
    ...(token !== undefined && { token }),
  };
  return {
    tables: createAzureTables({ clients }),
    queues: createAzureQueues({ clients }),
    queueDrain: createAzureQueueDrain({ clients }),
    createQueues: (queues) => createQueues({ clients, log }, queues),
    insights: (permits) => restCustomerInsights({ ...calling, workflowPath, permits }),
    data: (permits) => restEntityData({ ...calling, permits }),
    client: callbackClient({ policy: config.callbackPolicy, timeoutMs: config.deliveryTimeoutMs, clock }),
    lookup: systemLookup,
    clock,
    random,
    log,
    telemetry,
  };
}
