import { recordOf, type Facts, type Trigger } from '../triggers/trigger.ts';
import type { Event } from './event.ts';

/**
 * Describes an event for operators, such as `refresh of CRM failed: The password has expired.`
 * Pure. Accepts the events that any version has stored.
 */
export function eventSentence(event: Event): string {
  return sentenceOf(event.trigger, event);
}

// The type parameter tells the compiler that `facts` belongs to `trigger`.
function sentenceOf<T extends Trigger>(trigger: T, facts: Facts<T>): string {
  return recordOf(trigger).sentence(facts);
}
