import { Type, type Static } from '@sinclair/typebox';
import { instant, text } from './payload-schema.ts';
import { endedAt, ending, originalStatus, SAMPLE_ID, start, status, submissionKind } from './refresh-payload.ts';
import { startedByOf, subjectStartedBy, type StartedBy } from './started-by.ts';
import { startedBy } from './subject-kinds.ts';
import type { TriggerRecord } from './trigger-record.ts';

const failedTask = Type.Object(
  {
    operationType: text('Operation Type', 'What kind of task it was: ingestion, merge, segmentation.'),
    name: text('Name', 'What the task worked on: the name of a data source, a segment, a measure.'),
    message: Type.Optional(text('Message', 'What Customer Insights says went wrong, when it says so.')),
  },
  { title: 'Failed Task', description: 'One task that failed or timed out.' },
);

/**
 * A task of a full refresh that failed or timed out. Its operation type is in lower case and may be
 * one that this version does not know. `merge` is the unification of customer profiles.
 */
export type FailedTask = Readonly<Static<typeof failedTask>>;

const payload = {
  jobId: text('Job ID', 'The job that refreshed the instance.'),
  status,
  originalStatus,
  // Absent in events of version 0.8 and earlier, which detected scheduled refreshes only.
  submissionKind: Type.Optional(submissionKind),
  submittedAt: instant('Submitted At', 'When the refresh was started.'),
  endedAt,
  failedTaskCount: Type.Optional(
    Type.Integer({
      minimum: 0,
      title: 'Failed Task Count',
      description: 'How many tasks of the refresh failed or timed out, when it is known.',
    }),
  ),
  // Absent in events of earlier versions.
  failedTasks: Type.Optional(
    Type.Array(failedTask, {
      maxItems: 10,
      title: 'Failed Tasks',
      description: 'The tasks that failed or timed out, ten at most.',
    }),
  ),
};

const titles: Readonly<Record<StartedBy, string>> = {
  any: 'Full refresh',
  schedule: 'Full refresh by schedule',
  user: 'Full refresh by a user',
};

/** A full refresh of the instance succeeded, failed or timed out. */
export const fullRefreshCompleted = {
  // Stored in keys and ids, so it never changes.
  code: 'e',
  operationId: 'FullRefreshCompleted',
  subject: startedBy,
  hasThreshold: false,
  source: 'jobs',
  // In Customer Insights, a full refresh is a job of this type.
  operationType: 'all',
  texts: {
    summary: 'When a full refresh is completed',
    description:
      'This operation triggers when a full refresh that a schedule or a user started has ended, whether it succeeded, failed or timed out.',
    hint: 'To see it work now, start a full refresh by hand.',
    unsubscribe: 'Unsubscribe from full refreshes',
    notification: 'The full refresh that was completed.',
  },
  payload,
  title: ({ subject }) => titles[startedByOf(subject)],
  // The subject for the way the refresh was started comes first. Earlier versions stored events
  // with the range of this subject alone, and a delivery id contains the position of its range.
  recipients: (event) => [
    { subject: subjectStartedBy(event.submissionKind === 'onDemand' ? 'user' : 'schedule') },
    { subject: subjectStartedBy('any') },
  ],
  sentence: (event) => {
    const { failedTaskCount = 0 } = event;
    const failed =
      failedTaskCount === 0 ? '' : `, ${failedTaskCount} ${failedTaskCount === 1 ? 'task' : 'tasks'} failed`;
    return `full refresh ${ending(event.status, event.originalStatus)}, ${start(event.submissionKind)}${failed}`;
  },
  sample: ({ subject, occurredAt }) => ({
    jobId: SAMPLE_ID,
    status: 'successful',
    submissionKind: startedByOf(subject) === 'user' ? 'onDemand' : 'scheduled',
    submittedAt: occurredAt,
    endedAt: occurredAt,
  }),
} as const satisfies TriggerRecord<typeof startedBy.inputs, typeof payload>;
