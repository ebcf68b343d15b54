import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { explain, type HistoryEntry } from '../../shared/detection/explain.ts';
import { crosses, observe, type Evaluation } from '../../shared/detection/value-observation.ts';

/** One evaluation a minute. A text is a failure, and so is no value at all. */
function history(...entries: readonly (number | string | undefined)[]): HistoryEntry[] {
  return entries.map((entry, index) => {
    const evaluatedAtMs = index * 60_000;
    return typeof entry === 'number' ? { evaluatedAtMs, value: entry } : { evaluatedAtMs, failure: entry };
  });
}

function last(threshold: number, ...entries: readonly (number | string | undefined)[]) {
  return explain(history(...entries), threshold).at(-1);
}

describe('an evaluation', () => {
  test.each([
    ['first', '90: the first value, nothing before it to compare with', [90]],
    ['first', '150: the first value, nothing before it to compare with', [150]],
    ['crossed', '90 → 120: crossed 100', [90, 120]],
    ['crossed', '100 → 100.5: crossed 100', [100, 100.5]],
    ['stayed-above', '150 stayed above 100', [150, 150]],
    ['stayed-above', '150 → 160: stayed above 100', [150, 160]],
    ['stayed-above', '160 → 150: stayed above 100', [160, 150]],
    ['fell', '120 → 90: fell, re-armed', [120, 90]],
    ['fell', '120 → 100: fell, re-armed', [120, 100]],
    ['stayed-below', '80 → 90: rose, not above 100', [80, 90]],
    ['stayed-below', '90 → 100: rose, not above 100', [90, 100]],
    ['stayed-below', '90 → 80: fell, not above 100', [90, 80]],
    ['stayed-below', '90 unchanged, not above 100', [90, 90]],
    ['failed', 'evaluation failed, kept 150', [150, undefined]],
    ['failed', 'evaluation failed, kept 150 (The store is closed.)', [150, 'The store is closed.']],
    ['failed', 'evaluation failed, no value before it', [undefined]],
    ['crossed', '90 → 120: crossed 100', [90, undefined, 120]],
  ] as const)('%s: "%s"', (outcome, sentence, entries) => {
    expect(last(100, ...entries)).toMatchObject({ outcome, sentence });
  });

  test.each([
    [1_250_340.75, '1,250,340.75'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e-25, '1e-25'],
    [0, '0'],
    [-3.5, '-3.5'],
    [2e21, '2e+21'],
  ])('of %d is explained as %s', (value, shown) => {
    expect(last(1e30, value)?.sentence).toMatch(`${shown}:`);
  });
});

test('a value and a failure of the same instant are one evaluation, which has the value', () => {
  const history: HistoryEntry[] = [
    { evaluatedAtMs: 1, value: 90 },
    { evaluatedAtMs: 2, failure: 'The store is closed.' },
    { evaluatedAtMs: 2, value: 120 },
    { evaluatedAtMs: 3, failure: undefined },
  ];
  const expected = [
    { evaluatedAtMs: 1, value: 90, outcome: 'first', sentence: expect.any(String) },
    { evaluatedAtMs: 2, value: 120, previousValue: 90, outcome: 'crossed', sentence: expect.any(String) },
    { evaluatedAtMs: 3, previousValue: 120, outcome: 'failed', sentence: expect.any(String) },
  ];
  expect(explain(history, 100)).toEqual(expected);
  expect(explain(history.toReversed(), 100)).toEqual(expected);
});

const histories = fc.array(
  fc.oneof(fc.integer({ min: -4, max: 4 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
  {
    maxLength: 30,
  },
);

test('crosses exactly where detection finds an event for the threshold, whatever order the history has', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: -4, max: 4 }), fc.boolean(), (values, threshold, isReversed) => {
      const entries = history(...values) as Evaluation[];
      const given = isReversed ? [...entries, ...entries].reverse() : entries;
      const [baseline, ...rest] = entries;
      const begun = observe({ sequence: 0, last: undefined }, baseline ? [baseline] : [], 0).state;
      const events = observe(begun, rest, Infinity).rises.filter((rise) => crosses(rise, threshold));
      const crossings = explain(given, threshold).filter(({ outcome }) => outcome === 'crossed');
      expect(crossings.map(({ evaluatedAtMs }) => evaluatedAtMs)).toEqual(
        events.map(({ evaluatedAtMs }) => evaluatedAtMs),
      );
    }),
  );
});
