import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { withThreshold, thresholdRange } from '../../dashboard/live/tried-threshold.ts';
import { explain, type HistoryEntry } from '../../shared/detection/explain.ts';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';

/**
 * What the operator API reports of a history with this threshold, newest first, without its first
 * `hidden` evaluations.
 */
function observationsOf(history: readonly HistoryEntry[], threshold: number, hidden = 0): ObservationResponse[] {
  return explain(history, threshold)
    .slice(hidden)
    .toReversed()
    .map(({ evaluatedAtMs, ...rest }) => ({
      evaluatedAt: new Date(evaluatedAtMs).toISOString(),
      ...rest,
      fires: rest.outcome === 'crossed',
    }));
}

const threshold = fc.integer({ min: -3, max: 3 });
const history = fc
  .array(fc.option(threshold, { nil: undefined, freq: 5 }), { minLength: 1, maxLength: 12 })
  .map((values) =>
    values.map((value, minute): HistoryEntry => {
      const evaluatedAtMs = minute * 60_000;
      return value === undefined ? { evaluatedAtMs, failure: 'locked' } : { evaluatedAtMs, value };
    }),
  );

describe('another threshold', () => {
  test('is shown as the API would show it, whatever the history and the time that is shown', () => {
    fc.assert(
      fc.property(history, threshold, threshold, fc.nat({ max: 4 }), (entries, own, tried, hidden) => {
        expect(withThreshold(observationsOf(entries, own, hidden), tried)).toEqual(
          observationsOf(entries, tried, hidden),
        );
      }),
    );
  });

  test('leaves why an evaluation failed as it was', () => {
    const failed = observationsOf([{ evaluatedAtMs: 0, failure: 'The store is closed.' }], 1);
    expect(withThreshold(failed, 2)).toEqual(failed);
  });
});

describe('the range of a slider', () => {
  const ofValues = (...values: number[]): ObservationResponse[] =>
    observationsOf(
      values.map((value, minute) => ({ evaluatedAtMs: minute * 60_000, value })),
      0,
    );

  test.each([
    ['whole numbers when the values are', [40, 53], 50, { min: 39, max: 54, step: 1 }],
    ['round steps for high values', [1_262_000, 1_334_000], 1_300_000, { min: 1_261_500, max: 1_334_500, step: 500 }],
    ['fractions when the values have them', [0.25, 0.75], 0.5, { min: 0.245, max: 0.755, step: 0.005 }],
    ['a threshold that no value is near', [10, 20], 510, { min: 5, max: 515, step: 5 }],
    ['one value', [7], 7, { min: 6, max: 8, step: 1 }],
    ['nothing but zero', [0], 0, { min: -1, max: 1, step: 1 }],
  ])('has %s', (_, values, own, range) => {
    expect(thresholdRange(ofValues(...values), own)).toEqual(range);
  });

  test('holds its own threshold and reaches beyond every value, in a number of steps that keys can walk', () => {
    const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 }).map((value) => Math.fround(value));
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 5 }), number, (values, own) => {
        const { min, max, step } = thresholdRange(ofValues(...values), own);
        expect(min).toBeLessThan(Math.min(own, ...values));
        expect(max).toBeGreaterThan(Math.max(own, ...values));
        expect((max - min) / step).toBeLessThan(260);
      }),
    );
  });
});
