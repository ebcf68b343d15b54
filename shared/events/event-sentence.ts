import { recordOf, type Facts, type Trigger } from '../triggers/trigger.ts';
import type { Event } from './event.ts';

/**
 * What happened, in words for operators: `refresh of CRM failed: The password has expired.` Pure;
 * reads rows of every version.
 */
export function eventSentence(event: Event): string {
  return sentenceOf(event.trigger, event);
}

function sentenceOf<T extends Trigger>(trigger: T, facts: Facts<T>): string {
  return recordOf(trigger).sentence(facts);
}
