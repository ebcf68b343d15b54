import { expect, test } from '@jest/globals';
import { baselineRefreshes } from '../../shared/detection/detect-refreshes.ts';
import type { RefreshReading } from '../../shared/detection/refresh-reading.ts';
import { unreadOwners } from '../../shared/detection/unread-owners.ts';
import { at, job, task } from '../helpers/insights-data.ts';

const nothing: RefreshReading = { jobs: [], tasks: [], missing: new Set() };
const done = job({ jobId: 'done', endedAt: at(1) });
const before = baselineRefreshes({ ...nothing, jobs: [done] }, Date.parse(at(2)));

/** A page with one job whose task has failed, and belongs to these jobs too. */
function failedIn(jobIds: readonly string[], status = 'failed'): RefreshReading {
  const tasks = [task({ status, jobIds: ['page', ...jobIds], endedAt: at(5) })];
  return { ...nothing, jobs: [job({ jobId: 'page', status, tasks, endedAt: at(5) })] };
}

test('the jobs that a failed task may be tried again in, and that the page does not show, are read', () => {
  expect(unreadOwners(before, failedIn(['retry']))).toEqual(['retry']);
});

test('a job that is done with, does not exist or is on the page is not', () => {
  expect(unreadOwners(before, failedIn(['done']))).toEqual([]);
  expect(unreadOwners(before, { ...failedIn(['retry']), missing: new Set(['retry']) })).toEqual([]);
  expect(unreadOwners(before, failedIn(['page']))).toEqual([]);
});

test('a task that succeeded waits for no other job', () => {
  expect(unreadOwners(before, failedIn(['retry'], 'successful'))).toEqual([]);
});

test('a task that ended before everything that is remembered waits for no other job', () => {
  const { tasks } = failedIn(['retry']).jobs[0] ?? { tasks: [] };
  const reading = { ...nothing, tasks: tasks.map((one) => ({ ...one, endedAt: at(-600) })) };
  expect(unreadOwners(before, reading)).toEqual([]);
});
