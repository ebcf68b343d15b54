import type { Subscription } from '../subscriptions/subscription.ts';
import { triggers } from '../triggers/trigger.ts';
import type { Event } from './event.ts';

/** A test event with sample values, built from the inputs of a subscription. */
export function sampleEvent(
  subscription: Pick<Subscription, 'trigger' | 'instanceId' | 'subject' | 'threshold'>,
  { eventId, occurredAt }: { eventId: string; occurredAt: string },
): Event {
  const { trigger, instanceId, subject, threshold } = subscription;
  const facts = triggers[trigger].sample({ subject, threshold, occurredAt });
  // The compiler cannot infer that `facts` belongs to `trigger`.
  return { eventId, instanceId, occurredAt, test: true, trigger, ...facts } as Event;
}
