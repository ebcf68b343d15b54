import { refusal, type Refusal } from '../problem.ts';
import type { Trigger } from '../triggers/trigger.ts';
import type { ConnectionStore } from './connection-store.ts';
import type { SubscriptionStore } from './subscription-store.ts';
import { subscriptionView, type SubjectView, type SubscriptionView } from './subscription-view.ts';
import { isEndedByOperator, type Subscription } from './subscription.ts';

export interface OwnSubscriptionsPorts {
  readonly store: SubscriptionStore;
  readonly connections: ConnectionStore;
  /** The last observation of a subscription's subject. */
  readonly subjectView: (subscription: Subscription) => Promise<SubjectView>;
  /** Whether `ALLOWED_INSTANCES` permits the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/**
 * Gets one of the caller's subscriptions, with the last observation of its subject. A subscription
 * of another connection counts as unknown.
 */
export async function getOwn(
  ports: OwnSubscriptionsPorts,
  connection: string,
  trigger: Trigger,
  id: string,
): Promise<{ kind: 'found'; view: SubscriptionView } | Refusal> {
  const subscription = await ports.store.load(id);
  if (
    subscription === undefined ||
    subscription.connection !== connection ||
    subscription.trigger !== trigger ||
    subscription.status === 'deleted' ||
    isEndedByOperator(subscription) ||
    subscription.activeFrom === undefined
  ) {
    return refusal('subscription-unknown', 'This connection has no such subscription.');
  }
  return { kind: 'found', view: subscriptionView(subscription, { subject: await ports.subjectView(subscription) }) };
}

/**
 * Lists the caller's subscriptions to one trigger. A page can be short even when a next page
 * exists.
 */
export async function listOwn(
  ports: OwnSubscriptionsPorts,
  connection: string,
  trigger: Trigger,
  page: { limit: number; next?: string },
): Promise<{ views: SubscriptionView[]; next?: string }> {
  const { subscriptionIds, next } = await ports.connections.list(connection, trigger, page);
  const loaded = await Promise.all(subscriptionIds.map((id) => ports.store.load(id)));
  const views = loaded.flatMap((subscription) =>
    subscription === undefined ||
    subscription.status === 'deleted' ||
    isEndedByOperator(subscription) ||
    subscription.activeFrom === undefined
      ? []
      : [
          subscriptionView(subscription, {
            isAllowed: ports.isAllowed(subscription.instanceId),
          }),
        ],
  );
  return { views, ...(next !== undefined && { next }) };
}
