import type { Event } from '../../events/event.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';

/**
 * The parts of a callback body that are the same for every subscription: JSON without the outer
 * braces. `facts` has the properties that only this trigger has.
 */
interface SharedParts {
  readonly eventId: string;
  readonly properties: string;
  readonly facts: string;
}

/** An event is immutable and has up to thousands of callbacks, so its parts are serialised once. */
const sharedParts = new WeakMap<Event, SharedParts>();

/**
 * The body of a callback: flat JSON without null values, byte for byte the same at every attempt.
 */
export function callbackBody(
  event: Event,
  deliveryId: string,
  { id, threshold }: Pick<Subscription, 'id' | 'threshold'>,
): string {
  const { eventId, properties, facts } = partsOf(event);
  const ids = `${eventId},"deliveryId":${JSON.stringify(deliveryId)},"subscriptionId":${JSON.stringify(id)}`;
  return `{${ids},${properties}${threshold === undefined ? '' : `,"threshold":${threshold}`}${facts}}`;
}

function partsOf(event: Event): SharedParts {
  const existing = sharedParts.get(event);
  if (existing) return existing;
  const { eventId, trigger, instanceId, occurredAt, test, ...facts } = event;
  const factsText = inner(facts);
  const parts = {
    eventId: inner({ eventId }),
    properties: inner({ trigger, instanceId, occurredAt, test }),
    facts: factsText === '' ? '' : `,${factsText}`,
  };
  sharedParts.set(event, parts);
  return parts;
}

/** The JSON of an object without the outer braces. */
function inner(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}
