import { registerEntities } from '../../functions/entities.ts';
import { registerEvents } from '../../functions/events.ts';
import { registerItems } from '../../functions/items.ts';
import { registerPartitions } from '../../functions/partitions.ts';
import { registerPickLists } from '../../functions/pick-lists.ts';
import { registerPreviews } from '../../functions/preview.ts';
import { registerStatusReport } from '../../functions/status-report.ts';
import { registerSubscriptions } from '../../functions/subscriptions.ts';
import { registerTestEvents } from '../../functions/test-events.ts';
import { createBackend } from '../../shared/backend.ts';
import type { BackendPorts } from '../../shared/composition/backend-ports.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config.ts';
import { nearestEntities } from '../../shared/insights/nearest-entities.ts';
import { restCustomerInsights } from '../../shared/insights/rest-customer-insights.ts';
import { restEntityData } from '../../shared/insights/rest-entity-data.ts';
import { silentLog } from '../../shared/log.ts';
import { failureLimit } from '../../shared/rate-limit/failure-limit.ts';
import { systemRandom } from '../../shared/random.ts';
import { createMemoryQueueDrain } from '../../shared/storage/memory-queue-drain.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Tables } from '../../shared/storage/tables.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { calledFunctions, type CalledFunctions } from './called-functions.ts';
import type { ManualClock } from './manual-clock.ts';

export interface FunctionsInProcess extends Pick<CalledFunctions, 'ask'> {
  readonly tables: Tables;
  close(): Promise<void>;
}

/**
 * The functions that makers call, over storage in memory and Customer Insights at `url`: no host,
 * no Azurite, no time but the clock's.
 */
export function functionsInProcess({
  url,
  clock,
  settings = {},
}: {
  readonly url: string;
  readonly clock: ManualClock;
  readonly settings?: Readonly<Record<string, string>>;
}): FunctionsInProcess {
  const read = readConfig({
    AzureWebJobsStorage: 'UseDevelopmentStorage=true',
    CUSTOMER_INSIGHTS_API_URL: url,
    CUSTOMER_INSIGHTS_CREDENTIAL: 'none',
    CALLBACK_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 1).toString('base64')}`,
    PUBLIC_BASE_URL: 'https://triggers.contoso.example',
    RATE_LIMIT_CALLS: '0',
    ...settings,
  });
  if (read.kind === 'invalid') throw new Error(JSON.stringify(read.faults));
  const { config } = read;
  const queues = createMemoryQueues({ clock });
  const outside = { clock, random: systemRandom, log: silentLog, telemetry: noTelemetry };
  // Its deadlines and the pauses between its tries are those of a network: they pass by themselves.
  const calling = {
    ...outside,
    clock: systemClock,
    baseUrl: config.insights.baseUrl,
    timeoutMs: config.insights.timeoutMs,
  };
  const closing: (() => Promise<void>)[] = [];
  const fixture: BackendPorts = {
    ...outside,
    tables: createMemoryTables(),
    queues,
    queueDrain: createMemoryQueueDrain({ queues, clock }),
    insights: (places) => {
      const insights = restCustomerInsights({
        ...calling,
        permits: places,
        workflowPath: config.insights.workflowPath,
      });
      closing.push(insights.close);
      return insights;
    },
    client: { post: () => Promise.reject(new Error('nothing is delivered here')), close: () => Promise.resolve() },
    lookup: () => Promise.resolve([]),
  };
  const backend = createBackend(fixture, config);
  const data = restEntityData({ ...calling, permits: backend.callPermits });
  closing.push(data.close);
  const { limiter } = backend;
  const deps = { ...fixture, backend, config, limiter, wrongKeys: failureLimit(clock), data: nearestEntities(data) };
  const functions = calledFunctions();
  for (const register of [
    registerSubscriptions,
    registerPreviews,
    registerPickLists,
    registerEvents,
    registerTestEvents,
  ])
    register(functions.registrar, deps);
  for (const register of [registerEntities, registerItems, registerPartitions, registerStatusReport])
    register(functions.registrar, deps);

  return {
    tables: fixture.tables,
    ask: (asked) => functions.ask(asked),
    close: async () => {
      await Promise.all(closing.map((close) => close()));
    },
  };
}
