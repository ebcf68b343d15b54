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

test('a value above already is told, with when it fires', () => {
  expect(thresholdWarnings(40, { latest: latest(57) })).toEqual([
    '57 now (2026-11-23 10:01 UTC): fires after it has fallen to 40 or below and risen above it again.',
  ]);
});

test('a threshold that cannot be crossed is told once, whatever the value is', () => {
  expect(thresholdWarnings(-1, { latest: latest(57), isCount: true })).toEqual([
    expect.stringContaining('never fires'),
  ]);
  expect(thresholdWarnings(Number.MAX_VALUE, { latest: latest(57) })).toEqual([expect.stringContaining('never fires')]);
});
