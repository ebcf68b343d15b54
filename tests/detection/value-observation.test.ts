import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  crosses,
  observe,
  type Evaluation,
  type Rise,
  type ValueState,
} from '../../shared/detection/value-observation.ts';
import { recipientRanges } from '../../shared/events/outbox-entry.ts';
import { thresholdKey } from '../../shared/subscriptions/threshold-key.ts';
import { runsOf } from '../helpers/test-size.ts';

const NEVER_READ: ValueState = { sequence: 0, last: undefined };

/** A history in order of time, no two evaluations at one instant. */
const histories = fc
  .array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 })
  .map((values) => values.map((value, index): Evaluation => ({ evaluatedAtMs: 1_000 * (index + 1), value })));

function observeAll(
  state: ValueState,
  evaluations: readonly Evaluation[],
  maxRises = 1_000,
): { state: ValueState; rises: Rise[] } {
  const rises: Rise[] = [];
  for (;;) {
    const observed = observe(state, evaluations, maxRises);
    rises.push(...observed.rises);
    state = observed.state;
    if (!observed.hasMore) return { state, rises };
  }
}

describe('observing a value', () => {
  test('in any split, in any order, with any repeats, gives the same rises', () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.nat(29), { maxLength: 6 }),
        fc.nat(5),
        fc.infiniteStream(fc.nat(1_000)),
        fc.integer({ min: 1, max: 4 }),
        (history, cuts, overlap, shuffle, maxRises) => {
          const [baseline, ...rest] = history as [Evaluation, ...Evaluation[]];
          const begun = observeAll(NEVER_READ, [baseline]).state;
          const whole = observeAll(begun, rest);
          let state = begun;
          const rises: Rise[] = [];
          let from = 0;
          for (const to of [...cuts.map((cut) => Math.min(cut, rest.length)).sort((a, b) => a - b), rest.length]) {
            const window = rest.slice(Math.max(0, from - overlap), to);
            const shuffled = [...window, ...window.slice(0, overlap)]
              .map((evaluation) => ({ evaluation, key: Number(shuffle.next().value) }))
              .sort((a, b) => a.key - b.key)
              .map(({ evaluation }) => evaluation);
            const part = observeAll(state, shuffled, maxRises);
            state = part.state;
            rises.push(...part.rises);
            from = to;
          }
          expect(rises).toEqual(whole.rises);
          expect(state).toEqual(whole.state);
        },
      ),
      { numRuns: runsOf(500) },
    );
  });

  test('never crosses a threshold twice without having been at or below it in between', () => {
    fc.assert(
      fc.property(histories, fc.double({ noNaN: true, min: -1e6, max: 1e6 }), (history, threshold) => {
        const { rises } = observeAll(NEVER_READ, history.slice(0, 1));
        expect(rises).toEqual([]);
        const begun = observeAll(NEVER_READ, history.slice(0, 1)).state;
        const crossings = observeAll(begun, history).rises.filter((rise) => crosses(rise, threshold));
        for (const [index, crossing] of crossings.entries()) {
          const next = crossings[index + 1];
          if (next === undefined) break;
          const between = history.filter(
            ({ evaluatedAtMs }) => evaluatedAtMs > crossing.evaluatedAtMs && evaluatedAtMs < next.evaluatedAtMs,
          );
          expect(between.some(({ value }) => value <= threshold)).toBe(true);
        }
      }),
      { numRuns: runsOf(500) },
    );
  });

  test('misses no edge: each step from at-or-below to above is a crossing', () => {
    fc.assert(
      fc.property(histories, fc.double({ noNaN: true, min: -1e6, max: 1e6 }), (history, threshold) => {
        const begun = observeAll(NEVER_READ, history.slice(0, 1)).state;
        const crossings = observeAll(begun, history).rises.filter((rise) => crosses(rise, threshold));
        const edges = history.filter((one, index) => {
          const before = history[index - 1];
          return before !== undefined && before.value <= threshold && one.value > threshold;
        });
        expect(crossings.map(({ evaluatedAtMs }) => evaluatedAtMs)).toEqual(
          edges.map(({ evaluatedAtMs }) => evaluatedAtMs),
        );
      }),
      { numRuns: runsOf(500) },
    );
  });

  test('the range of row keys that a rise asks for holds exactly the thresholds that it crosses', () => {
    const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(doubles, doubles, fc.array(doubles, { maxLength: 20 }), (one, other, thresholds) => {
        fc.pre(one < other);
        const [range] = recipientRanges({
          trigger: 'segment-threshold-crossed',
          eventId: '',
          instanceId: '',
          occurredAt: '',
          segmentName: 's',
          displayName: 's',
          previousValue: one,
          value: other,
          evaluatedAt: '',
        });
        for (const threshold of [...thresholds, one, other]) {
          const key = `${thresholdKey(threshold)}nonce`;
          expect(range !== undefined && key >= range.from && key < range.to).toBe(
            crosses({ previousValue: one, value: other }, threshold),
          );
        }
      }),
      { numRuns: runsOf(500) },
    );
  });

  test('the first observation is the newest evaluation, and nothing came of it', () => {
    const observed = observe(
      NEVER_READ,
      [3, 1, 2].map((n) => ({ evaluatedAtMs: n, value: 10 * n })),
      10,
    );
    expect(observed).toEqual({
      state: { sequence: 1, last: { evaluatedAtMs: 3, value: 30 } },
      rises: [],
      hasMore: false,
    });
  });
});
