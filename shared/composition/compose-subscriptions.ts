import { allowsInstance } from '../allowed-instances.ts';
import { callbackCipher } from '../subscriptions/callback-cipher.ts';
import { reportUsage } from '../rate-limit/connection-usage.ts';
import { getOwn, listOwn, type OwnSubscriptionsPorts } from '../subscriptions/own-subscriptions.ts';
import { subscribe, type SubscribePorts } from '../subscriptions/subscribe.ts';
import type { Subscriber } from '../subscriptions/subscription-draft.ts';
import type { SubjectView } from '../subscriptions/subscription-view.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { unsubscribe } from '../subscriptions/unsubscribe.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { BackendConfig, BackendPorts } from './backend-ports.ts';
import type { Deliveries } from './compose-deliveries.ts';
import type { Detection } from './compose-detection.ts';
import type { Stores } from './compose-stores.ts';

export type Subscriptions = ReturnType<typeof composeSubscriptions>;

/** Wires up subscribing, unsubscribing, and the reading of a caller's own subscriptions. */
export function composeSubscriptions(
  { clock, random, lookup, log, telemetry }: BackendPorts,
  { stores, deliveries, detection }: SubscriptionsParts,
  config: BackendConfig,
) {
  const { subscriptions: store, connections, instances, state, work } = stores;
  const isAllowed = (instanceId: string): boolean => allowsInstance(config.allowedInstances, instanceId);
  const report = reportUsage({ telemetry, log });
  const subscribing: SubscribePorts = {
    store,
    connections,
    instances,
    work,
    clock,
    random,
    cipher: callbackCipher(config.encryptionKeys),
    maxSubscriptionsPerConnection: config.maxSubscriptionsPerConnection,
    // The sequence number of the last observation of the subscription's subject.
    sequenceOf: (subscription) => state.sequenceOf(subscription),
    release: deliveries.release,
    lookup,
    callbackPolicy: config.callbackPolicy,
    allowedInstances: config.allowedInstances,
    readSubject: detection.readSubject,
    // Reports the used share of the limit whenever a connection gets another subscription.
    onCounted: (connection, count) =>
      report(connection, 'subscriptions', {
        before: count - 1,
        used: count,
        most: config.maxSubscriptionsPerConnection,
      }),
  };
  /** The last value of the subject, and whether polls can read the subject. */
  const subjectView = async (subscription: Subscription): Promise<SubjectView> => ({
    ...(await state.subjectView(subscription)),
    isAllowed: isAllowed(subscription.instanceId),
  });
  const own: OwnSubscriptionsPorts = { store, connections, isAllowed, subjectView };
  return {
    /** The ports that the reconciler needs to complete an interrupted subscribe request. */
    subscribing,
    subjectView,
    subscribe: (subscriber: Subscriber, trigger: Trigger, body: unknown) =>
      subscribe(subscribing, subscriber, trigger, body),
    unsubscribe: (connection: string, trigger: Trigger, id: string) =>
      unsubscribe(subscribing, connection, trigger, id),
    getOwn: (connection: string, trigger: Trigger, id: string) => getOwn(own, connection, trigger, id),
    listOwn: (connection: string, trigger: Trigger, page: { limit: number; next?: string }) =>
      listOwn(own, connection, trigger, page),
  };
}

interface SubscriptionsParts {
  readonly stores: Stores;
  readonly deliveries: Deliveries;
  readonly detection: Detection;
}
