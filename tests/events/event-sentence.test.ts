import { expect, test } from '@jest/globals';
import { eventSentence } from '../../shared/events/event-sentence.ts';
import type { Event } from '../../shared/events/event.ts';

const base = { eventId: 'evt_1', instanceId: 'i', occurredAt: '2026-11-23T10:00:00.000Z' };
const endedAt = base.occurredAt;
const source = { ...base, dataSourceId: 'd', dataSourceName: 'CRM', endedAt };

test.each<[Event, string]>([
  [
    {
      ...base,
      trigger: 'segment-threshold-crossed',
      segmentName: 'churn',
      displayName: 'Churn risk',
      previousValue: 1_200,
      value: 1_600.5,
      evaluatedAt: endedAt,
    },
    'Churn risk rose from 1,200 to 1,600.5',
  ],
  [
    {
      ...source,
      trigger: 'data-source-refresh-failed',
      refreshStatus: 'failed',
      errorMessage: 'The password has expired.',
    },
    'refresh of CRM failed: The password has expired.',
  ],
  [{ ...source, trigger: 'data-source-refresh-failed', refreshStatus: 'timedOut' }, 'refresh of CRM timed out'],
  [
    {
      ...source,
      trigger: 'data-source-refresh-succeeded',
      refreshStatus: 'successful',
      originalStatus: 'completedWithWarnings',
    },
    'refresh of CRM succeeded (completedWithWarnings)',
  ],
  [
    {
      ...base,
      trigger: 'full-refresh-completed',
      jobId: 'j',
      status: 'failed',
      submittedAt: endedAt,
      endedAt,
      failedTaskCount: 1,
    },
    'full refresh failed, started by a schedule, 1 task failed',
  ],
  [
    { ...base, trigger: 'unification-refresh-completed', status: 'successful', submissionKind: 'onDemand', endedAt },
    'unification succeeded, started by a user',
  ],
])('%o is described in words', (event, sentence) => {
  expect(eventSentence(event)).toBe(sentence);
});
