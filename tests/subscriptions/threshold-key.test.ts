import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { thresholdKey, thresholdOfKey } from '../../shared/subscriptions/threshold-key.ts';
import { anyTextLike, anyThreshold } from '../helpers/arbitrary-ids.ts';
import { runsOf } from '../helpers/test-size.ts';

describe('the key of a threshold', () => {
  test('sorts as the threshold does', () => {
    fc.assert(
      fc.property(anyThreshold(), anyThreshold(), (one, other) => {
        const [a, b] = [thresholdKey(one), thresholdKey(other)];
        return a < b === one < other && (a === b) === (one === other);
      }),
      { numRuns: runsOf(5000) },
    );
  });

  test('distinguishes neighbours, over every change of sign and exponent', () => {
    const ordered = [
      -Number.MAX_VALUE,
      -1e308,
      -1 - Number.EPSILON,
      -1,
      -1 + Number.EPSILON,
      -2.2250738585072014e-308,
      -5e-324,
      0,
      5e-324,
      2.225073858507201e-308,
      2.2250738585072014e-308,
      0.1,
      0.30000000000000004,
      1,
      1 + Number.EPSILON,
      2 ** 53,
      2 ** 53 + 2,
      1e308,
      Number.MAX_VALUE,
    ];
    const keys = ordered.map(thresholdKey);
    expect([...new Set(keys)].sort()).toEqual(keys);
  });

  test('is 16 hex digits, and has the threshold in it', () => {
    fc.assert(
      fc.property(anyThreshold(), (threshold) => {
        const key = thresholdKey(threshold);
        expect(key).toMatch(/^[0-9a-f]{16}$/);
        expect(thresholdOfKey(key)).toBe(threshold === 0 ? 0 : threshold);
      }),
      { numRuns: runsOf(2000) },
    );
  });

  test('puts exactly the crossed thresholds into the range from the previous value to the value', () => {
    fc.assert(
      fc.property(anyThreshold(), anyThreshold(), anyThreshold(), (previous, value, threshold) => {
        const key = thresholdKey(threshold);
        const inRange = thresholdKey(previous) <= key && key < thresholdKey(value);
        return inRange === (previous <= threshold && threshold < value);
      }),
      { numRuns: runsOf(5000) },
    );
  });

  test('is the same for −0 and 0', () => {
    expect(thresholdKey(-0)).toBe(thresholdKey(0));
  });

  test.each([NaN, Infinity, -Infinity])('there is none of %d', (threshold) => {
    expect(() => thresholdKey(threshold)).toThrow(RangeError);
  });
});

test('what is no key has no threshold', () => {
  fc.assert(
    fc.property(anyTextLike(anyThreshold().map(thresholdKey)), (text) => {
      const threshold = thresholdOfKey(text);
      return threshold === undefined || thresholdKey(threshold) === text;
    }),
    { numRuns: runsOf(2000) },
  );
  // Infinity, −Infinity, NaN and −0 as their bits would be written.
  const notKeys = ['fff0000000000000', '000fffffffffffff', 'fff8000000000000', '7fffffffffffffff'];
  expect(notKeys.map(thresholdOfKey)).toEqual([undefined, undefined, undefined, undefined]);
});
