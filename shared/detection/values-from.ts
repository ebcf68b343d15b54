import { triggers } from '../triggers/trigger.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';

/** The observed subjects whose values one list of Customer Insights shows. */
export function valuesFrom(source: 'segments' | 'measures', { values }: InstanceState): readonly ValueSubject[] {
  return values.filter(({ trigger }) => triggers[trigger].source === source);
}
