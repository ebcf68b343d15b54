import { Type } from '@sinclair/typebox';
import { instant, oneOf, text } from './payload-schema.ts';

/** The statuses of an ended refresh that can fire a trigger. */
export type RefreshStatus = 'successful' | 'failed' | 'timedOut';

/** Who started a refresh: a schedule or a user. Named as in Customer Insights. */
type SubmissionKind = 'scheduled' | 'onDemand';

/** Properties that the payloads of several refresh triggers share, down to `submissionKind`. */
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

/** Stands for the id of a job or data source in a test event. */
export const SAMPLE_ID = '00000000-0000-0000-0000-000000000000';

const endings: Readonly<Record<RefreshStatus, string>> = {
  successful: 'succeeded',
  failed: 'failed',
  timedOut: 'timed out',
};

/**
 * How a refresh ended, such as `timed out`. If Customer Insights used another word for the status
 * (`original`), it is added, as in `succeeded (completedWithWarnings)`.
 */
export function ending(ended: RefreshStatus, original: string | undefined): string {
  return endings[ended] + (original === undefined ? '' : ` (${original})`);
}

/**
 * Who started a refresh, such as `started by a schedule`. Events of version 0.8 and earlier have no
 * kind. A schedule started all of them.
 */
export function start(kind: SubmissionKind = 'scheduled'): string {
  return kind === 'scheduled' ? 'started by a schedule' : 'started by a user';
}
