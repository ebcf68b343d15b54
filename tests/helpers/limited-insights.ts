import { takePermit, type CallPermits } from '../../shared/insights/call-permits.ts';
import type { CustomerInsights } from '../../shared/insights/customer-insights.ts';

/** The same, whose calls each take a permit first, as the requests of the REST adapter do. */
export function limitedInsights(insights: CustomerInsights, permits: CallPermits): CustomerInsights {
  const call = async <T>(instanceId: string | undefined, make: () => Promise<T>): Promise<T> => {
    await takePermit(permits, instanceId, `a call of ${instanceId}`);
    return make();
  };
  return {
    instances: () => call(undefined, () => insights.instances()),
    instance: (id) => call(id, () => insights.instance(id)),
    dataSources: (id) => call(id, () => insights.dataSources(id)),
    segments: (id, options) => call(id, () => insights.segments(id, options)),
    measures: (id) => call(id, () => insights.measures(id)),
    measure: (id, name, options) => call(id, () => insights.measure(id, name, options)),
    jobs: (id, options) => call(id, () => insights.jobs(id, options)),
    job: (id, jobId) => call(id, () => insights.job(id, jobId)),
    tasks: (id, options) => call(id, () => insights.tasks(id, options)),
    nodes: (id) => call(id, () => insights.nodes(id)),
  };
}
