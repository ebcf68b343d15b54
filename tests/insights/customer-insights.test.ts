import { memoryCustomerInsights } from '../../shared/insights/memory-customer-insights.ts';
import { customerInsightsContract, nowMs } from '../contract/customer-insights.contract.ts';
import { jumpingClock } from './jumping-clock.ts';
import { openAdapter, timeoutMs } from './open-adapter.ts';
import { startRecordedService } from './recorded-service.ts';

customerInsightsContract('Customer Insights in memory', (held) => {
  const insights = memoryCustomerInsights({ clock: jumpingClock(timeoutMs, nowMs) });
  insights.hold(held);
  return Promise.resolve({ insights, close: () => Promise.resolve() });
});

customerInsightsContract('Customer Insights over REST', async (held) => {
  const service = await startRecordedService(held);
  const { insights } = openAdapter(service.baseUrl);
  return {
    insights,
    close: async () => {
      await insights.close();
      await service.stop();
    },
  };
});
