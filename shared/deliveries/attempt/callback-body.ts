import type { Event } from '../../events/event.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/** What a flow receives: flat JSON, absent rather than null, the same bytes at every attempt. */
export function callbackBody(
  event: Event,
  deliveryId: string,
  subscription: Pick<Subscription, 'id' | 'threshold'>,
): string {
  const { eventId, trigger, instanceId, occurredAt, test, ...facts } = event;
  return JSON.stringify({
    eventId,
    deliveryId,
    subscriptionId: subscription.id,
    trigger,
    instanceId,
    occurredAt,
    test,
    threshold: subscription.threshold,
    ...facts,
  });
}
