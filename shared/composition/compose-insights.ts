import { takePermits, type CallPermits } from '../insights/call-permits.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import { explaining404 } from '../insights/explained-404.ts';
import type { BackendPorts } from './backend-ports.ts';
import type { Limits } from './compose-limits.ts';

export type Insights = ReturnType<typeof composeInsights>;

/** Composes the access to Customer Insights, with the permits of those who call it. */
export function composeInsights(open: BackendPorts['insights'], limits: Limits) {
  const withPermits = (permits: CallPermits): CustomerInsights => explaining404(open(permits));
  return {
    /** For callers that wait for a response. */
    ofActions: withPermits(limits.ofActions),
    ofPolls: withPermits(limits.ofPolls),
    /** For the read of a subject. Takes the permits of that many calls together. */
    ofRead: async (instanceId: string, calls: number): Promise<CustomerInsights> =>
      withPermits(await takePermits(limits.ofActions, instanceId, calls, 'the read of a subject')),
  };
}
