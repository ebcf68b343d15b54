import type { Event } from '../../events/event.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/** The body of a callback: flat JSON without null values, byte for byte the same for every attempt. */
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
