import { RETRIES_QUEUE, type RetriesMessage } from '../deliveries/messages.ts';
import { enqueueOverdueNotice, notifyOperator, type NotifyOperatorPorts } from '../operations/notify-operator.ts';
import { webhookPermits } from '../operations/webhook-permits.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Deliveries } from './compose-deliveries.ts';
import type { Stores } from './compose-stores.ts';

export type Notices = ReturnType<typeof composeNotices>;

/**
 * Wires up the notices: changes of a subscription's status that the operator's webhook has not
 * received yet. Without a webhook, nothing is sent.
 */
export function composeNotices(
  { queues, client, operatorClient, clock, random, log }: BackendPorts,
  { stores, deliveries }: { readonly stores: Stores; readonly deliveries: Deliveries },
  config: BackendConfig,
  userAgent: string,
) {
  // Enqueues a `release` message. Its worker releases the subscription's parked deliveries, and
  // sends its due notices.
  const { release } = deliveries;
  const notifying: NotifyOperatorPorts | undefined = config.operatorWebhook && {
    store: stores.subscriptions,
    client: operatorClient ?? client,
    clock,
    random,
    log,
    userAgent,
    signingSecrets: config.signingSecrets,
    scheduleSeconds: config.deliveryScheduleSeconds,
    url: config.operatorWebhook.url,
    publicBaseUrl: config.publicBaseUrl,
    permits: webhookPermits({ clock, random }),
  };
  return {
    /**
     * If the earliest notice of a subscription is overdue, enqueues a `release` message, whose
     * worker sends it. Returns the time at which to call this again, or `undefined` when no notice
     * is left.
     */
    enqueueOverdueNotice: async (subscriptionId: string): Promise<number | undefined> =>
      notifying && enqueueOverdueNotice({ store: stores.subscriptions, clock, release }, subscriptionId),
    /** Sends the notices about a subscription that are due. If one fails, enqueues the next try. */
    notifyOperator: async (subscriptionId: string): Promise<void> => {
      const nextMs = notifying && (await notifyOperator(notifying, subscriptionId));
      if (nextMs === undefined) return;
      const message: RetriesMessage = { v: 1, kind: 'release', subscriptionId };
      await queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, nextMs - clock.now()) });
    },
  };
}
