import { allowsInstance } from '../allowed-instances.ts';
import { RETRIES_QUEUE, type RetriesMessage } from '../deliveries/messages.ts';
import { backfill } from '../deliveries/records/backfill.ts';
import { reconcileSubscription } from '../deliveries/reconciler/reconcile-subscription.ts';
import { reconcile, type ReconcilePorts } from '../deliveries/reconciler/reconcile.ts';
import { handleMessage } from '../telemetry/propagated-context.ts';
import { unreachable } from '../unreachable.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Deliveries } from './compose-deliveries.ts';
import type { Notices } from './compose-notices.ts';
import type { Recovery } from './compose-recovery.ts';
import type { Stores } from './compose-stores.ts';
import type { Subscriptions } from './compose-subscriptions.ts';

/**
 * Wires up the reconciler, which resumes unfinished work at intervals and when a message asks for
 * it.
 */
export function composeReconciler(
  { tables, queues, clock, random, log, telemetry }: BackendPorts,
  { stores, deliveries, subscriptions, recovery, notices }: ReconcilerParts,
  config: BackendConfig,
) {
  const { subscriptions: store, connections, state, activity, work } = stores;
  const { cipher, maxSubscriptionsPerConnection, sequenceOf, release, onCounted } = subscriptions.subscribing;
  const reconciling: ReconcilePorts = {
    tables,
    queues,
    clock,
    random,
    log,
    telemetry,
    store,
    connections,
    activity,
    work,
    cipher,
    maxSubscriptionsPerConnection,
    sequenceOf,
    release,
    onCounted,
    outbox: async (instanceId) => (await state.read(instanceId)).outbox,
    isAllowed: (instanceId) => allowsInstance(config.allowedInstances, instanceId),
    retentionMonths: config.retentionMonths,
    resumeRecovery: recovery.resumeRecovery,
    enqueueOverdueNotice: notices.enqueueOverdueNotice,
  };
  const reconcileAndNotify = async (subscriptionId: string): Promise<void> => {
    await reconcileSubscription(reconciling, subscriptionId);
    await notices.notifyOperator(subscriptionId);
  };
  return {
    /**
     * Handles a message of the queue `retries`: a delivery is due (`retry`), or a subscription has
     * changed (`release`), so that its waiting deliveries or a notice to the operator may be due.
     */
    handleRetriesMessage: (message: RetriesMessage): Promise<void> =>
      handleMessage({ telemetry, clock }, RETRIES_QUEUE, message, () => {
        switch (message.kind) {
          case 'retry':
            return deliveries.retryDelivery(message);
          // `tidy` is the form of `release` that the previous release (0.9.0) sends.
          case 'release':
          case 'tidy':
            return reconcileAndNotify(message.subscriptionId);
          default:
            return unreachable(message);
        }
      }),
    /** Resumes all unfinished work that no worker is processing. */
    reconcile: async (): Promise<void> => {
      // Index rows for the deliveries that the previous release (0.9.0) left waiting.
      await backfill({ tables, clock, log, activity, work });
      await reconcile(reconciling);
    },
  };
}

interface ReconcilerParts {
  readonly stores: Stores;
  readonly deliveries: Deliveries;
  readonly subscriptions: Subscriptions;
  readonly recovery: Recovery;
  readonly notices: Notices;
}
