import { Agent } from 'undici';

import { CustomerInsightsError, type CustomerInsights } from './customer-insights.ts';
import { listOf, oneOf } from './json-fields.ts';
import { parseDataSource, parseInstance } from './parse-instance.ts';
import { parseMeasure } from './parse-measure.ts';
import { parseSegment } from './parse-segment.ts';
import { parseJob, parseNode, parseTask } from './parse-workflow.ts';
import { restCall, type RestCall, type RestCallDeps } from './rest-call.ts';

export interface RestCustomerInsightsOptions extends Omit<RestCallDeps, 'dispatcher'> {
  /** Where jobs, tasks and nodes are, below the instance: `workflows/main`, in some tenants `manage/workflows/main`. */
  readonly workflowPath: string;
}

export interface RestCustomerInsights extends CustomerInsights {
  /** Ends the connections, once the calls under way have been answered. */
  readonly close: () => Promise<void>;
}

/** A thousand segments with a month of history, evaluated four times a day, are about 14 MiB. */
const longestBodyBytes = 64 * 1024 * 1024;
/** Outlasts the minute between two polls, and stays below the four minutes after which Azure drops an idle connection. */
const idleConnectionMs = 90_000;

/**
 * Customer Insights over its REST API. Each method is one call (see `restCall` for its deadline and retries).
 *
 * Routes and query parameters are those of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 */
export function restCustomerInsights(options: RestCustomerInsightsOptions): RestCustomerInsights {
  const agent = new Agent({
    keepAliveTimeout: idleConnectionMs,
    maxResponseSize: longestBodyBytes,
    connect: { timeout: options.timeoutMs },
    // The deadline of the attempt is the only clock.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const workflow = options.workflowPath.split('/').filter((segment) => segment !== '');
  const get = <T>(call: RestCall<T>): Promise<T> => restCall({ ...options, dispatcher: agent }, call);

  return {
    instances: () => get({ read: listOf(parseInstance) }),
    instance: (id) => ifFound(get({ instanceId: id, read: oneOf(parseInstance) })),
    dataSources: (id) => get({ instanceId: id, path: ['manage', 'datasources'], read: listOf(parseDataSource) }),
    segments: (id, { historyDays } = {}) =>
      get({
        instanceId: id,
        path: ['manage', 'segments'],
        query: historyDays === undefined ? {} : historyOf(historyDays),
        read: listOf(parseSegment),
      }),
    measures: (id) => get({ instanceId: id, path: ['manage', 'measures'], read: listOf(parseMeasure) }),
    measure: (id, measureName, { historyDays }) =>
      ifFound(
        get({
          instanceId: id,
          path: ['manage', 'measures', { name: 'measureName', value: measureName }],
          query: historyOf(historyDays),
          read: oneOf(parseMeasure),
        }),
      ),
    jobs: (id, { top }) =>
      get({
        instanceId: id,
        path: [...workflow, 'jobs'],
        query: { top: String(top), includeTasks: 'true' },
        read: listOf(parseJob),
      }),
    job: (id, jobId) =>
      ifFound(
        get({
          instanceId: id,
          path: [...workflow, 'jobs', { name: 'jobId', value: jobId }],
          query: { includeTasks: 'true' },
          read: oneOf(parseJob),
        }),
      ),
    tasks: (id, { top }) =>
      get({ instanceId: id, path: [...workflow, 'history'], query: { top: String(top) }, read: listOf(parseTask) }),
    nodes: (id) => get({ instanceId: id, path: [...workflow, 'status'], read: listOf(parseNode) }),
    close: () => agent.close(),
  };
}

function historyOf(days: number): Record<string, string> {
  return { includeHistoricStats: 'true', historicStatsDays: String(days) };
}

async function ifFound<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof CustomerInsightsError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
