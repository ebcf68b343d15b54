import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { readStepCosts, scale } from '../../bench/scale.ts';
import { estimate, type Load } from '../../bench/scale/model.ts';
import { tableRows } from '../helpers/markdown.ts';

const one: Load = { subscriptions: 1, instances: 1, largestSubject: 1, fanOut: 1, eventsPerDay: 0 };
const day = (perSecond: number): number => Math.round(perSecond * 86_400);

test('docs/scale.md shows what the counts of today come to', async () => {
  const { tables } = await scale.run({ size: 'full', note: () => undefined });
  expect(tableRows(readFileSync('docs/scale.md', 'utf8'), 'subscriptions')).toEqual(tables[0]?.rows);
});

test('a day without events is that of timer, polls, their messages and idle queues', async () => {
  const costs = await readStepCosts();
  const { requestsPerSecond, peakRequestsPerSecond } = estimate(one, costs);
  expect(day(requestsPerSecond)).toBe(1_440 * (costs.timer + costs.idlePoll + 2) + 3 * 86_400);
  expect(peakRequestsPerSecond).toBe(requestsPerSecond);
});

test.each([
  [1, 0],
  [1_000, 0],
])('an event for %d subscribers adds what was counted for it', async (fanOut, messages) => {
  const costs = await readStepCosts();
  const idle = estimate({ ...one, fanOut }, costs);
  const busy = estimate({ ...one, fanOut, eventsPerDay: 1_000 }, costs);
  const counted = (fanOut === 1 ? costs.crossingOf1 : costs.crossingOf1000) - costs.idlePoll;
  const retry = costs.failure - costs.crossingOf1 + costs.retrySucceeds + 2;
  const expected = 1_000 * (counted + 2 * messages) + 1_000 * fanOut * 0.01 * retry;
  expect(day(busy.requestsPerSecond) - day(idle.requestsPerSecond)).toBe(expected);
});

test('the first limit is the one that is used most', async () => {
  const costs = await readStepCosts();
  expect(estimate(one, costs).first.name).toBe('calls to Customer Insights');
  expect(estimate({ ...one, largestSubject: 120_001 }, costs).first).toMatchObject({
    name: 'rows of a partition',
    used: expect.closeTo(1, 3) as unknown,
  });
  expect(estimate({ ...one, eventsPerDay: 1e9 }, costs).first.name).toBe('requests of the account');
});
