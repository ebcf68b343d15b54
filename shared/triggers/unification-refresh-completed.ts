import { Type } from '@sinclair/typebox';
import { ANY_SUBJECT } from './any-subject.ts';
import { text } from './payload-schema.ts';
import { endedAt, ending, originalStatus, SAMPLE_ID, start, status, submissionKind } from './refresh-payload.ts';
import { wholeInstance } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

const payload = {
  jobId: Type.Optional(text('Job ID', 'The job that ran the unification, when it is known.')),
  status,
  originalStatus,
  submissionKind,
  endedAt,
};

/** A unification of the customer profiles succeeded, failed or timed out. */
export const unificationRefreshCompleted = {
  // Stored in keys and ids, so it never changes.
  code: 'f',
  operationId: 'UnificationRefreshCompleted',
  subject: wholeInstance,
  hasThreshold: false,
  source: 'jobs',
  // Customer Insights calls the tasks that unify customer profiles merges.
  operationType: 'merge',
  texts: {
    summary: 'When a unification refresh is completed',
    description:
      'This operation triggers when customer profiles were unified, by a schedule or by hand, whether that succeeded, failed or timed out.',
    hint: 'To see it work now, unify the customer profiles by hand.',
    unsubscribe: 'Unsubscribe from unification refreshes',
    notification: 'The unification refresh that was completed.',
  },
  payload,
  title: () => 'Unification',
  recipients: () => [{ subject: ANY_SUBJECT }],
  sentence: (event) => `unification ${ending(event.status, event.originalStatus)}, ${start(event.submissionKind)}`,
  sample: ({ occurredAt }) => ({
    jobId: SAMPLE_ID,
    status: 'successful',
    submissionKind: 'scheduled',
    endedAt: occurredAt,
  }),
} as const satisfies TriggerRecord<typeof wholeInstance.inputs, typeof payload>;
