import { expect, test } from '@jest/globals';
import { valueRange } from '../../dashboard/charts/value-range.ts';

test.each([
  [90, 120, 100, [86.4, 123.6]],
  [90, 120, 200, [76.8, 213.2]],
  [5, 5, 5, [4.4, 5.6]],
  [-5, -5, -5, [-5.6, -4.4]],
  [0, 0, 0, [-0.12, 0.12]],
  [null, null, 100, [88, 112]],
])('values from %p to %p and the threshold %p have air around them', (min, max, threshold, [low = 0, high = 0]) => {
  const range = valueRange(min, max, { threshold, tried: threshold });
  expect(range[0]).toBeCloseTo(low);
  expect(range[1]).toBeCloseTo(high);
});

test.each([1e17, -1e17, 9_007_199_254_740_991, 0.1])(
  'values that differ from %p in their last digit alone leave room for the steps of an axis',
  (value) => {
    const next = value * (1 + 3 * Number.EPSILON);
    const [low, high] = valueRange(Math.min(value, next), Math.max(value, next), { threshold: value, tried: next });
    const step = (high - low) / 100;
    for (const end of [low, high]) expect(end + step).toBeGreaterThan(end);
  },
);
