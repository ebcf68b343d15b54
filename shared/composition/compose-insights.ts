import { takePermits, type CallPermits } from '../insights/call-permits.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import { explaining404 } from '../insights/explained-404.ts';
import type { BackendPorts } from './backend-ports.ts';
import type { Limits } from './compose-limits.ts';

export type Insights = ReturnType<typeof composeInsights>;

/**
 * Wires up the clients of Customer Insights. Each client takes its call permits on behalf of one
 * kind of caller.
 */
export function composeInsights(open: BackendPorts['insights'], limits: Limits) {
  // `explaining404`: when a list is not found in an existing instance, the error names the setting
  // with the wrong path.
  const withPermits = (permits: CallPermits): CustomerInsights => explaining404(open(permits));
  return {
    /** For requests, whose callers wait for a response. */
    ofRequests: withPermits(limits.ofRequests),
    ofPolls: withPermits(limits.ofPolls),
    /** A client for the reading of one subject, which holds permits for `calls` calls. */
    ofRead: async (instanceId: string, calls: number): Promise<CustomerInsights> =>
      withPermits(await takePermits(limits.ofRequests, instanceId, calls, 'the read of a subject')),
  };
}
