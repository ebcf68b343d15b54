import { allowsInstance } from '../allowed-instances.ts';
import { auditLog, dropOldAudit } from '../operations/audit-log.ts';
import { listEvents } from '../operations/event-list.ts';
import type { PageRequest } from '../operations/newest-rows.ts';
import { createOperator } from '../operations/operator.ts';
import { reportQueues } from '../operations/queues.ts';
import { sendTest, sendTestTo } from '../operations/send-test.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Deliveries } from './compose-deliveries.ts';
import type { Detection } from './compose-detection.ts';
import type { Insights } from './compose-insights.ts';
import type { Limits } from './compose-limits.ts';
import type { Recovery } from './compose-recovery.ts';
import type { Stores } from './compose-stores.ts';
import type { Subscriptions } from './compose-subscriptions.ts';

/** Wires up the operator API, test events and the list of recent events. */
export function composeOperations(
  { tables, queues, queueDrain, clock, random, log, telemetry }: BackendPorts,
  { stores, limits, insights, deliveries, detection, subscriptions, recovery }: OperationsParts,
  config: BackendConfig,
  userAgent: string,
) {
  const { subscriptions: store, connections, state, activity, work } = stores;
  const { recoveries, instanceIds, retentionMonths } = recovery.recovering;
  const isAllowed = (instanceId: string): boolean => allowsInstance(config.allowedInstances, instanceId);
  const { enqueueEvents, release } = deliveries;
  const testing = { tables, store, connections, isAllowed, clock, random, enqueueEvents };
  return {
    /** The log of what operators did. */
    audit: auditLog({ tables, clock, random }),
    dropOldAudit: () => dropOldAudit({ tables, clock, retentionMonths }),
    /** Sends a test event to one subscription of the caller, by its id or label. */
    sendTest: (connection: string, trigger: Trigger, idOrLabel: string) =>
      sendTest(testing, connection, trigger, idOrLabel),
    /** Lists the events of an instance that had recipients, newest first, without test events. */
    listEvents: (instanceId: string, sinceMs: number, page: PageRequest) =>
      listEvents({ tables }, { instanceIds: [instanceId], sinceMs, withTests: false }, page),
    operator: createOperator({
      tables,
      queues,
      queueDrain,
      clock,
      random,
      store,
      connections,
      activity,
      recoveries,
      instanceIds,
      instancePage: (page) => stores.instances.page(page),
      retentionMonths,
      // A text that changes with each poll, so that the dashboard reads again only after a change.
      pollMark: (instanceId) => state.pollMark(instanceId),
      work,
      release,
      isAllowed,
      notifiesOperator: config.operatorWebhook !== undefined,
      userAgent,
      // Whether callbacks are signed.
      isSigning: config.signingSecrets.length > 0,
      outbox: async (instanceId) => (await state.read(instanceId)).outbox,
      // The last value of a subscription's subject, and whether polls can read the subject.
      subjectView: subscriptions.subjectView,
      sendTestTo: (subscription) => sendTestTo(testing, subscription),
      observationsOf: detection.observationsOf,
      instanceHealth: async (instanceId) => {
        const health = await detection.instanceHealth(instanceId);
        const calls = await limits.instanceCalls(instanceId);
        return { ...health, ...(calls && { calls }) };
      },
      connectionCalls: limits.connectionCalls,
      connectionSubscriptions: async (connection) => ({
        used: await connections.count(connection),
        limit: config.maxSubscriptionsPerConnection,
      }),
      namedInstances: () => insights.ofRequests.instances(),
    }),
    reportQueues: () => reportQueues({ queues, log, telemetry }),
  };
}

interface OperationsParts {
  readonly stores: Stores;
  readonly limits: Limits;
  readonly insights: Insights;
  readonly deliveries: Deliveries;
  readonly detection: Detection;
  readonly subscriptions: Subscriptions;
  readonly recovery: Recovery;
}
