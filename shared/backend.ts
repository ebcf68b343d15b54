import type { BackendConfig, BackendPorts } from './composition/backend-ports.ts';
import { composeDeliveries } from './composition/compose-deliveries.ts';
import { composeDetection } from './composition/compose-detection.ts';
import { composeInsights } from './composition/compose-insights.ts';
import { composeLimits } from './composition/compose-limits.ts';
import { composeNotices } from './composition/compose-notices.ts';
import { composeOperations } from './composition/compose-operations.ts';
import { composeReconciler } from './composition/compose-reconciler.ts';
import { composeRecovery } from './composition/compose-recovery.ts';
import { composeStores } from './composition/compose-stores.ts';
import { composeSubscriptions } from './composition/compose-subscriptions.ts';
import { tracedQueues } from './telemetry/propagated-context.ts';

export const VERSION = '0.9.0';
const USER_AGENT = `customer-insights-triggers/${VERSION}`;

/**
 * The methods that the Azure Functions call. A method rejects only if a dependency fails, or
 * because of a bug.
 */
export type Backend = ReturnType<typeof createBackend>;

/**
 * Connects the domain to its ports, that is, to everything outside it: storage, Customer Insights,
 * flows, clock, log. Opens no network connections.
 */
export function createBackend(outside: BackendPorts, config: BackendConfig) {
  const ports: BackendPorts = { ...outside, queues: tracedQueues(outside) };
  const stores = composeStores(ports.tables, ports.clock);
  const limits = composeLimits(ports, config.rateLimit);
  const insights = composeInsights(ports.insights, limits);
  const deliveries = composeDeliveries(ports, stores, config, USER_AGENT);
  const detection = composeDetection(ports, { stores, limits, insights, deliveries }, config);
  const subscriptions = composeSubscriptions(ports, { stores, deliveries, detection }, config);
  const recovery = composeRecovery(ports, stores, config);
  const notices = composeNotices(ports, { stores, deliveries }, config, USER_AGENT);
  const reconciler = composeReconciler(ports, { stores, deliveries, subscriptions, recovery, notices }, config);
  const operations = composeOperations(
    ports,
    { stores, limits, insights, deliveries, detection, subscriptions, recovery },
    config,
    USER_AGENT,
  );
  return {
    subscribe: subscriptions.subscribe,
    unsubscribe: subscriptions.unsubscribe,
    getOwn: subscriptions.getOwn,
    listOwn: subscriptions.listOwn,
    previewThreshold: detection.previewThreshold,
    sendTest: operations.sendTest,
    listEvents: operations.listEvents,
    /** The log of operators' actions. */
    audit: operations.audit,
    /** The operator API: what the routes below `manage/` call. */
    operator: operations.operator,
    schedulePolls: detection.schedulePolls,
    pollInstance: detection.pollInstance,
    deliverChunk: deliveries.deliverChunk,
    handleRetriesMessage: reconciler.handleRetriesMessage,
    reconcile: reconciler.reconcile,
    /** The hourly cleanup. */
    sweep: async (): Promise<void> => {
      await detection.sweepInstances();
      await deliveries.dropOldActivity();
      await operations.dropOldAudit();
      await limits.dropOldWindows();
      await operations.reportQueues();
    },
    /**
     * The Customer Insights client for HTTP requests, whose callers wait for a response. Of the
     * calls that the rate limit allows, it leaves a share to polls.
     */
    insights: insights.ofRequests,
    /** The call permits of that client, for other clients that serve HTTP requests. */
    callPermits: limits.ofRequests,
    /** Limits the calls of each connection. */
    limiter: limits.ofConnections,
  };
}
