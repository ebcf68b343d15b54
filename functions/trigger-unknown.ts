import { refusal, type Refusal } from '../shared/problem.ts';
import { triggerNames } from '../shared/triggers/trigger.ts';

/** What a caller is told whose path names no trigger. */
export function triggerUnknown(): Refusal {
  return refusal('trigger-unknown', `There is no such trigger. Choose one of these: ${triggerNames.join(', ')}.`);
}
