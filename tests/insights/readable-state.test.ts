import { expect, test } from '@jest/globals';
import { readableState } from '../../shared/insights/readable-state.ts';

test.each([
  ['timedout', 'Timed out'],
  ['completedsuccess', 'Successful'],
  ['completedfailure', 'Failed'],
  ['failedretrying', 'Failed, is tried again'],
  ['completedwithwarnings', 'Completed with warnings'],
  ['updatefailed', 'Refresh failed'],
  ['inactive', 'Inactive'],
  ['expansionpending', 'Expansionpending'],
])('%s is shown as %s', (word, shown) => {
  expect(readableState(word)).toBe(shown);
});
