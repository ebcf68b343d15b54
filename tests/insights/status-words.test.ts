import { expect, test } from '@jest/globals';
import { parseJob, parseNode, parseTask } from '../../shared/insights/parse-workflow.ts';
import { knownStatus } from '../../shared/insights/status-words.ts';

test.each([
  ['successful', 'successful'],
  ['completed', 'successful'],
  ['completedWithWarnings', 'successful'],
  ['Completed with warnings', 'successful'],
  ['partially_successful', 'successful'],
  ['failedPermanent', 'failed'],
  ['Failed (permanent)', 'failed'],
  ['failedRetrying', 'running'],
  ['Failed (retrying)', 'running'],
  ['refreshing', 'running'],
  ['processing', 'running'],
  ['cancelled', 'aborted'],
  ['Canceled', 'aborted'],
  ['timed-out', 'timedout'],
  ['Timed Out', 'timedout'],
  ['needs_update', 'needsupdate'],
  ['exploded', undefined],
  ['', undefined],
  // Names that every object has are no words.
  ['constructor', undefined],
])('%s means %s', (word, status) => {
  expect(knownStatus(word)).toBe(status);
});

test('words of the service are read without their spaces, hyphens and underscores', () => {
  const job = {
    jobId: 'j',
    jobStatus: 'Completed With-Warnings',
    operationType: 'All',
    jobSubmissionKind: 'on_demand',
  };
  expect(parseJob(job)).toMatchObject({
    status: 'completedwithwarnings',
    writtenStatus: 'Completed With-Warnings',
    operationType: 'all',
    submissionKind: 'ondemand',
  });
  expect(parseTask({ taskId: 't', taskStatus: 'TimedOut', operationType: 'profile store' })).toMatchObject({
    status: 'timedout',
    operationType: 'profilestore',
  });
  expect(parseTask({ taskId: 't', taskStatus: 'TimedOut' })).not.toHaveProperty('writtenStatus');
  expect(parseNode({ operationType: 'profile-store' })?.operationType).toBe('profilestore');
});
