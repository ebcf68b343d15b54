import { allowsInstance } from '../allowed-instances.ts';
import { attemptPermits } from '../deliveries/attempt/attempt-permits.ts';
import {
  DELIVERIES_QUEUE,
  RETRIES_QUEUE,
  type ChunkMessage,
  type RetriesMessage,
  type RetryMessage,
} from '../deliveries/messages.ts';
import type { ChunkPorts } from '../deliveries/outbox/chunk-ports.ts';
import { deliverChunk, enqueueEvents, fanOut, resumeOutbox } from '../deliveries/outbox/fan-out.ts';
import { dropOldActivity } from '../deliveries/records/retention.ts';
import { retryDelivery } from '../deliveries/retry/retry.ts';
import type { NewOutboxEntry, OutboxEntry } from '../events/outbox-entry.ts';
import { callbackCipher } from '../subscriptions/callback-cipher.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { handleMessage } from '../telemetry/propagated-context.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Stores } from './compose-stores.ts';

/**
 * Maximum number of attempts in flight per process. Each attempt holds a socket and a few KiB, and
 * one core cannot process more at once.
 */
const ATTEMPTS_IN_FLIGHT = 256;
/**
 * Maximum number of attempts in flight per subscription. A flow that never responds holds permits
 * until its attempts time out, and must leave permits to other flows.
 */
const ATTEMPTS_PER_SUBSCRIPTION = 4;

export type Deliveries = ReturnType<typeof composeDeliveries>;

/** Wires up the delivery pipeline, from committed events to recorded outcomes. */
export function composeDeliveries(ports: BackendPorts, stores: Stores, config: BackendConfig, userAgent: string) {
  const { tables, queues, client, clock, random, log, telemetry, stopping } = ports;
  const { subscriptions: store, state, activity, work } = stores;
  const release = ({ id }: Subscription): Promise<void> => {
    const message: RetriesMessage = { v: 1, kind: 'release', subscriptionId: id };
    return queues.send(RETRIES_QUEUE, message);
  };
  const chunks: ChunkPorts = {
    queues,
    client,
    clock,
    random,
    log,
    telemetry,
    stopping,
    isAllowed: (instanceId) => allowsInstance(config.allowedInstances, instanceId),
    store,
    // The sequence number of the last observation of the subscription's subject.
    sequenceOf: (subscription) => state.sequenceOf(subscription),
    activity,
    cipher: callbackCipher(config.encryptionKeys),
    work,
    release,
    notifiesOperator: config.operatorWebhook !== undefined,
    signingSecrets: config.signingSecrets,
    permits: attemptPermits(ATTEMPTS_IN_FLIGHT, ATTEMPTS_PER_SUBSCRIPTION, stopping),
    claimMs: config.claimMs,
    scheduleSeconds: config.deliveryScheduleSeconds,
    userAgent,
  };
  return {
    /**
     * Sends the message `release`: a worker makes the deliveries that wait for the subscription
     * due, and sends its notices to the operator's webhook.
     */
    release,
    fanOut: (events: readonly OutboxEntry[]) => fanOut(chunks, events),
    resumeOutbox: (events: readonly OutboxEntry[]) => resumeOutbox(chunks, events),
    enqueueEvents: (events: readonly NewOutboxEntry[]) => enqueueEvents(chunks, events),
    deliverChunk: (message: ChunkMessage) =>
      handleMessage({ telemetry, clock }, DELIVERIES_QUEUE, message, () => deliverChunk(chunks, message)),
    retryDelivery: (message: RetryMessage) => retryDelivery(chunks, message),
    dropOldActivity: () => dropOldActivity({ tables, clock, log, retentionMonths: config.retentionMonths }),
  };
}
