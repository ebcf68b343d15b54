import { app } from '@azure/functions';
import { azurePorts } from '../../functions/azure-ports.ts';
import { registerHealth } from '../../functions/health.ts';
import { VERSION } from '../../shared/backend.ts';
import { readConfig } from '../../shared/config.ts';
import { POLLS_QUEUE, DELIVERIES_QUEUE, type PollMessage } from '../../shared/deliveries/messages.ts';
import { pollInstance } from '../../shared/detection/poll.ts';
import { stateStore } from '../../shared/detection/state-store.ts';
import { unreachableInstances } from '../../shared/detection/unreachable-instances.ts';
import type { OutboxEntry } from '../../shared/events/outbox-entry.ts';
import { unlimitedPermits } from '../../shared/insights/call-permits.ts';
import { callbackCipher } from '../../shared/subscriptions/callback-cipher.ts';
import { subscriptionStore } from '../../shared/subscriptions/subscription-store.ts';
import { noTelemetry } from '../../shared/telemetry/telemetry.ts';
import { deliverOne } from './deliver-one.ts';
import { enqueueDeliveries, type DeliveryMessage } from './enqueue-deliveries.ts';

/**
 * The conventional design as its own functions app. Detection, clients, cipher and callbacks are
 * those of the backend, but each delivery takes one row, one message and one function call.
 */
const read = readConfig(process.env);
if (read.kind === 'invalid') throw new Error(JSON.stringify(read.faults));
const { config } = read;
const ports = azurePorts(config, noTelemetry);
const insights = ports.insights(unlimitedPermits);
const state = stateStore(ports.tables);
const enqueueing = { ...ports, store: subscriptionStore(ports.tables) };
const delivering = {
  ...ports,
  cipher: callbackCipher(config.encryptionKeys),
  signingSecrets: config.signingSecrets,
  userAgent: `customer-insights-triggers/${VERSION}`,
  scheduleSeconds: config.deliveryScheduleSeconds,
};
const enqueueEvents = async (events: readonly OutboxEntry[]): Promise<void> => {
  await Promise.all(events.map((entry) => enqueueDeliveries(enqueueing, entry)));
};
const connection = 'AzureWebJobsStorage';

registerHealth(app, ports, []);
app.storageQueue('poll-instance', {
  queueName: POLLS_QUEUE,
  connection,
  handler: (message) =>
    pollInstance(
      {
        ...ports,
        insights,
        state,
        unreachable: unreachableInstances(ports.tables),
        fanOut: enqueueEvents,
        // Recovery from a crash is not compared, and calls are not limited.
        resumeOutbox: () => Promise.resolve(),
        isAllowed: () => true,
        pollLater: () => Promise.resolve(),
        callWindowMs: 60_000,
        restartBackfill: () => Promise.resolve(),
      },
      (message as PollMessage).instanceId,
    ),
});
app.storageQueue('deliver', {
  queueName: DELIVERIES_QUEUE,
  connection,
  handler: (message) => deliverOne(delivering, message as DeliveryMessage),
});
