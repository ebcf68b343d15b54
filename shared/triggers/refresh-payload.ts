import { Type } from '@sinclair/typebox';
import { instant, oneOf, text } from './payload-schema.ts';

/** The final states of a refresh that can fire a trigger. */
export type RefreshStatus = 'successful' | 'failed' | 'timedOut';

type SubmissionKind = 'scheduled' | 'onDemand';

/** The following properties are shared by the payloads of several refresh triggers. */
export const originalStatus = Type.Optional(
  text('Original Status', 'The status word of Customer Insights, when it differs, such as completedWithWarnings.'),
);
export const status = oneOf<RefreshStatus>('Status', 'How the run ended.', 'successful', 'failed', 'timedOut');
export const endedAt = instant('Ended At', 'When the run ended.');
export const submissionKind = oneOf<SubmissionKind>(
  'Submission Kind',
  'Whether a schedule or a person started it.',
  'scheduled',
  'onDemand',
);

/** The job or task id in a sample event. */
export const SAMPLE_ID = '00000000-0000-0000-0000-000000000000';

const endings: Readonly<Record<RefreshStatus, string>> = {
  successful: 'succeeded',
  failed: 'failed',
  timedOut: 'timed out',
};

/**
 * How a refresh ended, such as `timed out`. The status word of Customer Insights is added when it
 * differs, as in `succeeded (completedWithWarnings)`.
 */
export function ending(ended: RefreshStatus, original: string | undefined): string {
  return endings[ended] + (original === undefined ? '' : ` (${original})`);
}

/**
 * Who started a run: `started by a schedule`. Events of version 0.8 and earlier have no kind and
 * are all scheduled.
 */
export function start(kind: SubmissionKind = 'scheduled'): string {
  return kind === 'scheduled' ? 'started by a schedule' : 'started by a user';
}
