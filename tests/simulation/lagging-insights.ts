import { CustomerInsightsError, type CustomerInsights } from '../../shared/insights/customer-insights.ts';
import { memoryCustomerInsights, type MemoryInstance } from '../../shared/insights/memory-customer-insights.ts';
import { diceOf } from './dice.ts';
import type { Stage } from './stage.ts';

/**
 * The same, with lists that may show an earlier state than the details, or than an earlier list:
 * each may come from another replica. Some jobs cannot be read by id.
 */
export function laggingInsights(
  stage: Stage,
  insights: CustomerInsights,
  heldAt: (instanceId: string, atMs: number) => MemoryInstance | undefined,
): CustomerInsights {
  const { plan, timeline } = stage;
  const dice = diceOf(plan.seed * 47 + 41);
  const replica = (instanceId: string): CustomerInsights => {
    if (stage.isCalm() || !dice.chance(plan.lags)) return insights;
    const nowMs = timeline.now();
    const held = heldAt(instanceId, nowMs - dice.between(1, plan.lagMs));
    if (held === undefined) return insights;
    if (held !== heldAt(instanceId, nowMs)) stage.count('Customer Insights list lags');
    const earlier = memoryCustomerInsights({ clock: { now: () => nowMs, sleep: () => Promise.resolve() } });
    earlier.held.set(instanceId, held);
    return earlier;
  };
  return {
    ...insights,
    dataSources: (id) => replica(id).dataSources(id),
    segments: (id, options) => replica(id).segments(id, options),
    measures: (id) => replica(id).measures(id),
    jobs: (id, options) => replica(id).jobs(id, options),
    tasks: (id, options) => replica(id).tasks(id, options),
    nodes: (id) => replica(id).nodes(id),
    job: (id, jobId) => {
      if (stage.isCalm() || !stage.unreadableJobs.has(jobId)) return insights.job(id, jobId);
      stage.count('Customer Insights refuses a job by its id');
      return Promise.reject(new CustomerInsightsError('refused', 'job', 'status 400', { status: 400 }));
    },
  };
}
