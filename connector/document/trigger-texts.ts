import type { Trigger } from '../../shared/triggers/trigger.ts';

export interface TriggerTexts {
  /** The name in the designer, in the form `When a …`. */
  readonly summary: string;
  /** A full sentence that begins with "This operation triggers when". */
  readonly description: string;
  /** How a maker can cause the event to test a flow. */
  readonly hint: string;
  /** The summary of the unsubscribe operation. It is visible only in the definition. */
  readonly unsubscribe: string;
  /** The description of the callback's body. */
  readonly notification: string;
}

/** The texts of each trigger. The guide for flow makers describes in detail when each one fires. */
export const triggerTexts: Readonly<Record<Trigger, TriggerTexts>> = {
  'data-source-refresh-failed': {
    summary: 'When a data source refresh fails',
    description:
      'This operation triggers when the refresh of a data source has failed or timed out and will not be tried again.',
    hint: 'To see it work now, refresh a data source whose credentials have expired.',
    unsubscribe: 'Unsubscribe from failed data source refreshes',
    notification: 'The data source refresh that failed.',
  },
  'data-source-refresh-succeeded': {
    summary: 'When a data source refresh succeeds',
    description: 'This operation triggers when the refresh of a data source has ended successfully.',
    hint: 'To see it work now, refresh a data source by hand.',
    unsubscribe: 'Unsubscribe from successful data source refreshes',
    notification: 'The data source refresh that succeeded.',
  },
  'segment-threshold-crossed': {
    summary: 'When a segment crosses above a threshold',
    description:
      'This operation triggers when the member count of a segment rises from a number that is not above the threshold to one that is.',
    hint: 'To see it work now, set the threshold to the present member count, let the segment grow, and refresh it.',
    unsubscribe: 'Unsubscribe from a segment threshold',
    notification: 'The rise of the segment above the threshold.',
  },
  'measure-threshold-crossed': {
    summary: 'When a measure crosses above a threshold',
    description:
      'This operation triggers when the value of a business measure without dimension rises from a number that is not above the threshold to one that is.',
    hint: 'To see it work now, set the threshold to the present value, let the value rise, and refresh the measure.',
    unsubscribe: 'Unsubscribe from a measure threshold',
    notification: 'The rise of the measure above the threshold.',
  },
  'full-refresh-completed': {
    summary: 'When a full refresh is completed',
    description:
      'This operation triggers when a full refresh that a schedule or a user started has ended, whether it succeeded, failed or timed out.',
    hint: 'To see it work now, start a full refresh by hand.',
    unsubscribe: 'Unsubscribe from full refreshes',
    notification: 'The full refresh that was completed.',
  },
  'unification-refresh-completed': {
    summary: 'When a unification refresh is completed',
    description:
      'This operation triggers when customer profiles were unified, by a schedule or by hand, whether that succeeded, failed or timed out.',
    hint: 'To see it work now, unify the customer profiles by hand.',
    unsubscribe: 'Unsubscribe from unification refreshes',
    notification: 'The unification refresh that was completed.',
  },
};
