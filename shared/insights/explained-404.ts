import { CustomerInsightsError, type CustomerInsights } from './customer-insights.ts';

/**
 * For each list of an instance, the setting that its URL path comes from. A workflow is Customer
 * Insights' refresh of an instance, not a flow.
 */
const settingOf = {
  dataSources: 'CUSTOMER_INSIGHTS_API_URL',
  segments: 'CUSTOMER_INSIGHTS_API_URL',
  measures: 'CUSTOMER_INSIGHTS_API_URL',
  jobs: 'CUSTOMER_INSIGHTS_WORKFLOW_PATH',
  tasks: 'CUSTOMER_INSIGHTS_WORKFLOW_PATH',
  nodes: 'CUSTOMER_INSIGHTS_WORKFLOW_PATH',
} as const;

/**
 * Wraps Customer Insights so that a list fails as `not-found` only when the instance itself does
 * not exist. A 404 for a list of an existing instance becomes `path-unknown`, because it means that
 * a setting contains a wrong path. To find this out, each 404 takes one more call.
 */
export function explaining404(insights: CustomerInsights): CustomerInsights {
  const list = async <T>(name: keyof typeof settingOf, instanceId: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CustomerInsightsError && error.kind === 'not-found')) throw error;
      if ((await insights.instance(instanceId)) === undefined) throw error;
      const setting = settingOf[name];
      const reason = `status 404, although the instance exists: check the setting ${setting}`;
      throw new CustomerInsightsError('path-unknown', error.call, reason, { status: 404, setting, cause: error });
    }
  };
  return {
    instances: () => insights.instances(),
    instance: (id) => insights.instance(id),
    dataSources: (id) => list('dataSources', id, () => insights.dataSources(id)),
    segments: (id, options) => list('segments', id, () => insights.segments(id, options)),
    measures: (id) => list('measures', id, () => insights.measures(id)),
    measure: (id, name, options) => insights.measure(id, name, options),
    jobs: (id, options) => list('jobs', id, () => insights.jobs(id, options)),
    job: (id, jobId) => insights.job(id, jobId),
    tasks: (id, options) => list('tasks', id, () => insights.tasks(id, options)),
    nodes: (id) => list('nodes', id, () => insights.nodes(id)),
  };
}
