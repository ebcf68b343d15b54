import { HttpRequest, InvocationContext, type HttpFunctionOptions, type HttpResponseInit } from '@azure/functions';
import { registerEntities } from '../../functions/entities.ts';
import { registerEvents } from '../../functions/events.ts';
import { registerItems } from '../../functions/items.ts';
import { registerPartitions } from '../../functions/partitions.ts';
import { registerPickLists } from '../../functions/pick-lists.ts';
import { registerPreviews } from '../../functions/preview.ts';
import type { Registrar } from '../../functions/registrar.ts';
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
import type { ManualClock } from './manual-clock.ts';

export interface Asked {
  readonly method: string;
  /** Below `api/`, as it is sent. */
  readonly path: string;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface CallResult {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface FunctionsInProcess {
  /** Calls the function whose route fits, as the host would: the first in the order of names. */
  ask(asked: Asked): Promise<CallResult>;
  readonly tables: Tables;
  close(): Promise<void>;
}

/** The functions that makers call, over storage in memory and Customer Insights at `url`: no host, no Azurite, no time but the clock's. */
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
  const registered: { name: string; options: HttpFunctionOptions }[] = [];
  const registrar: Registrar = {
    http: (name, options) => registered.push({ name, options }),
    storageQueue: () => undefined,
    timer: () => undefined,
  };
  for (const register of [
    registerSubscriptions,
    registerPreviews,
    registerPickLists,
    registerEvents,
    registerTestEvents,
  ])
    register(registrar, deps);
  for (const register of [registerEntities, registerItems, registerPartitions, registerStatusReport])
    register(registrar, deps);
  registered.sort((one, other) => (one.name < other.name ? -1 : 1));

  return {
    tables: fixture.tables,
    async ask({ method, path, body, headers = {} }) {
      const address = new URL(`https://triggers.contoso.example/api/${path}`);
      for (const { name, options } of registered) {
        const params = options.methods?.includes(method as never) ? paramsOf(options.route ?? '', path) : undefined;
        if (params === undefined) continue;
        const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body);
        const request = new HttpRequest({
          method,
          url: address.href,
          params,
          query: Object.fromEntries(address.searchParams),
          headers: { ...(text !== undefined && { 'content-length': String(Buffer.byteLength(text)) }), ...headers },
          ...(text !== undefined && { body: { string: text } }),
        });
        const context = new InvocationContext({ functionName: name, invocationId: '1' });
        const answer = (await options.handler(request, context)) as HttpResponseInit;
        const sent = answer.body === undefined ? {} : (JSON.parse(answer.body as string) as CallResult['body']);
        return { status: answer.status ?? 200, body: sent };
      }
      throw new Error(`no function takes ${method} ${path}`);
    },
    close: async () => {
      await Promise.all(closing.map((close) => close()));
    },
  };
}

/** What a route's parameters stand for in a path; one layer of encoding is off, as behind the host. `undefined`: it does not fit. */
function paramsOf(route: string, path: string): Record<string, string> | undefined {
  const [parts, given] = [route.split('/'), (path.split('?')[0] ?? '').split('/')];
  const isOptional = parts.at(-1)?.endsWith('?}') === true;
  if (given.length !== parts.length && !(isOptional && given.length === parts.length - 1)) return undefined;
  const params: Record<string, string> = {};
  for (const [at, part] of parts.entries()) {
    const value = given[at];
    if (part.startsWith('{')) {
      if (value !== undefined) params[part.replaceAll(/[{}?]/g, '')] = decodeURIComponent(value);
    } else if (part !== value) return undefined;
  }
  return params;
}
