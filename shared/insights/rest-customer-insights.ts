import { Agent } from 'undici';

import { CustomerInsightsError, type CustomerInsights } from './customer-insights.ts';
import { listReader, objectReader } from './json-fields.ts';
import { parseDataSource, parseInstance } from './parse-instance.ts';
import { parseMeasure } from './parse-measure.ts';
import { parseSegment } from './parse-segment.ts';
import { parseJob, parseNode, parseTask } from './parse-workflow.ts';
import { restCall, type RestCall, type RestCallDeps } from './rest-call.ts';

export interface RestCustomerInsightsOptions extends Omit<RestCallDeps, 'dispatcher'> {
  /**
   * The URL path of jobs, tasks and nodes below the instance: `workflows/main`, in some tenants
   * `manage/workflows/main`. A workflow is Customer Insights' refresh of an instance, not a flow.
   */
  readonly workflowPath: string;
}

export interface RestCustomerInsights extends CustomerInsights {
  /** Closes the connections after the calls in flight have ended. */
  readonly close: () => Promise<void>;
}

/**
 * Maximum size of a response. A thousand segments with a month of history, evaluated four times a
 * day, are about 14 MiB.
 */
const maxBodyBytes = 64 * 1024 * 1024;
/**
 * How long an idle connection is kept. This is longer than the minute between two polls, and
 * shorter than the four minutes after which Azure drops an idle connection.
 */
const idleConnectionMs = 90_000;

/**
 * Customer Insights over its REST API. Each method makes one call (see `restCall` for its deadline
 * and retries).
 *
 * Routes and query parameters are those of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 */
export function restCustomerInsights(options: RestCustomerInsightsOptions): RestCustomerInsights {
  const agent = new Agent({
    keepAliveTimeout: idleConnectionMs,
    maxResponseSize: maxBodyBytes,
    connect: { timeout: options.timeoutMs },
    // No limits here, because each attempt has its own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const workflow = options.workflowPath.split('/').filter((segment) => segment !== '');
  const get = <T>(call: RestCall<T>): Promise<T> => restCall({ ...options, dispatcher: agent }, call);

  return {
    instances: () => get({ read: listReader(parseInstance) }),
    instance: (id) => ifFound(get({ instanceId: id, read: objectReader(parseInstance) })),
    dataSources: (id) => get({ instanceId: id, path: ['manage', 'datasources'], read: listReader(parseDataSource) }),
    segments: (id, { historyDays } = {}) =>
      get({
        instanceId: id,
        path: ['manage', 'segments'],
        query: historyDays === undefined ? {} : historyOf(historyDays),
        read: listReader(parseSegment),
      }),
    measures: (id) => get({ instanceId: id, path: ['manage', 'measures'], read: listReader(parseMeasure) }),
    measure: (id, measureName, { historyDays }) =>
      ifFound(
        get({
          instanceId: id,
          path: ['manage', 'measures', { name: 'measureName', value: measureName }],
          query: historyOf(historyDays),
          read: objectReader(parseMeasure),
        }),
      ),
    jobs: (id, { top }) =>
      get({
        instanceId: id,
        path: [...workflow, 'jobs'],
        query: { top: String(top), includeTasks: 'true' },
        read: listReader(parseJob),
      }),
    job: (id, jobId) =>
      ifFound(
        get({
          instanceId: id,
          path: [...workflow, 'jobs', { name: 'jobId', value: jobId }],
          query: { includeTasks: 'true' },
          read: objectReader(parseJob),
        }),
      ),
    tasks: (id, { top }) =>
      get({ instanceId: id, path: [...workflow, 'history'], query: { top: String(top) }, read: listReader(parseTask) }),
    nodes: (id) => get({ instanceId: id, path: [...workflow, 'status'], read: listReader(parseNode) }),
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
