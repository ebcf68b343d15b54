import { nearestSentence, type Named } from '../nearest-names.ts';
import { instanceUnknown, refusal, type Refusal } from '../problem.ts';
import { triggers, type ThresholdTrigger } from '../triggers/trigger.ts';
import { unreachable } from '../unreachable.ts';

/** A subject that does not exist, with suggestions. */
export interface UnknownSubject {
  readonly kind: 'unknown-subject';
  /** What a subject with the requested name would be. */
  readonly of: 'segment' | 'measure' | 'data-source';
  /** Existing subjects with a similar name. */
  readonly nearest: readonly Named[];
  /**
   * The measure that has the name of the requested segment, or the segment that has the name of the
   * requested measure, with the trigger to use for it.
   */
  readonly meantFor?: { readonly trigger: ThresholdTrigger; readonly name: string };
}

/** Why a reading of Customer Insights shows that a subject cannot be subscribed to. */
export type UnusableSubject =
  | UnknownSubject
  | { readonly kind: 'unknown-instance' }
  /**
   * The measure has several values, one for each member of a dimension. `isOfCustomers`: the
   * dimension is the customer.
   */
  | { readonly kind: 'has-dimension'; readonly isOfCustomers: boolean };

/** Where a maker chose a subject: in a trigger, or in the action that previews its threshold. */
type ChosenIn = 'trigger' | 'preview';

/** The refusal for a subject that cannot be subscribed to. */
export function subjectRefusal(reading: UnusableSubject, chosenIn: ChosenIn): Refusal {
  switch (reading.kind) {
    case 'unknown-instance':
      return instanceUnknown();
    case 'has-dimension':
      return refusal(
        'measure-has-dimension',
        reading.isOfCustomers
          ? 'This is a customer measure. It has one value for each customer, and no total that can be compared with Threshold. Choose Measure from the list, which has only measures with one value.'
          : 'This measure has a dimension, and so one value for each member of it, such as each country. None of them can be compared with Threshold. Choose Measure from the list, which has only measures with one value.',
      );
    case 'unknown-subject':
      return unknownSubjectRefusal(reading, chosenIn);
    default:
      return unreachable(reading);
  }
}

function unknownSubjectRefusal({ of, nearest, meantFor }: UnknownSubject, chosenIn: ChosenIn): Refusal {
  const suggestion = nearestSentence(nearest);
  switch (of) {
    case 'segment':
      return refusal(
        'segment-unknown',
        meantFor
          ? `${meantFor.name} is a measure, not a segment. Choose Segment from the list, or use ${cardOf(meantFor.trigger, chosenIn)}.`
          : `The instance has no segment of this name.${suggestion} Choose Segment from the list.`,
      );
    case 'measure':
      return refusal(
        'measure-unknown',
        meantFor
          ? `${meantFor.name} is a segment, not a measure. Choose Measure from the list, or use ${cardOf(meantFor.trigger, chosenIn)}.`
          : `The instance has no measure of this name.${suggestion} Choose Measure from the list.`,
      );
    case 'data-source':
      return refusal(
        'data-source-unknown',
        `The instance has no such data source.${suggestion} It may have been deleted, or belong to another instance. Check Instance, and choose Data Source again from the list, or leave it empty for any data source.`,
      );
    default:
      return unreachable(of);
  }
}

/** A trigger or its preview action as the maker sees it on a card of the designer. */
function cardOf(trigger: ThresholdTrigger, chosenIn: ChosenIn): string {
  const { texts, preview } = triggers[trigger];
  return chosenIn === 'trigger' ? `the trigger ${texts.summary}` : `the action ${preview.summary}`;
}
