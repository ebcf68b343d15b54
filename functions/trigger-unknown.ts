import { refusal, type Refusal } from '../shared/problem.ts';
import { triggerNames } from '../shared/triggers/trigger.ts';

/** The refusal of a call whose path names an unknown trigger. */
export function triggerUnknown(): Refusal {
  return refusal('trigger-unknown', `There is no such trigger. Choose one of these: ${triggerNames.join(', ')}.`);
}
