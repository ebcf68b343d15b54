import { joinedWithOr } from '../shared/joined-words.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import { triggerNames } from '../shared/triggers/trigger.ts';

/** The refusal of a call whose path names an unknown trigger. */
export function triggerUnknown(): Refusal {
  return refusal(
    'trigger-unknown',
    `There is no trigger of this name. Choose Trigger from the list. A custom value must be ${joinedWithOr(triggerNames)}.`,
  );
}
