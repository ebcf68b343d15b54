import { expect, test } from '@jest/globals';
import { thresholdWarnings } from '../../shared/subscriptions/threshold-warnings.ts';

const latest = (value: number) => ({ value, evaluatedAt: '2026-11-23T10:01:30.000Z' });

test.each([
  ['no threshold', undefined, { latest: latest(5) }],
  ['a value below', 40, { latest: latest(39), isCount: true }],
  ['a value that is equal', 40, { latest: latest(40) }],
  ['no value yet', 40, {}],
  ['a negative threshold of a sum', -5, { latest: latest(-6) }],
  ['zero for a count', 0, { latest: latest(0), isCount: true }],
])('%s is no reason to warn', (_, threshold, read) => {
  expect(thresholdWarnings(threshold, read)).toEqual([]);
});

test.each([
  ['a segment', { latest: latest(57), isSegment: true }, 'The segment has 57 members'],
  ['a measure', { latest: latest(57) }, 'The measure is 57'],
])('a value of %s that is above already causes a warning that says when the flow starts', (_, read, present) => {
  expect(thresholdWarnings(40, read)).toEqual([
    `${present} (2026-11-23 10:01 UTC), already above 40: the flow starts only after it has fallen to 40 or below and has risen above 40 again. If that is what you want, no action is needed. Otherwise, enter a Threshold of 57 or more.`,
  ]);
});

test('one member is not members', () => {
  expect(thresholdWarnings(0, { latest: latest(1), isSegment: true })).toEqual([
    expect.stringMatching(/^The segment has 1 member \(/),
  ]);
});

test('a threshold that cannot be crossed causes one warning, whatever the value is', () => {
  expect(thresholdWarnings(-1, { latest: latest(57), isCount: true })).toEqual([
    expect.stringContaining('never starts'),
  ]);
  expect(thresholdWarnings(Number.MAX_VALUE, { latest: latest(57) })).toEqual([
    expect.stringContaining('never starts'),
  ]);
});
