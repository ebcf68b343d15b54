import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admit, type Admissions, type RateRule } from '../../shared/rate-limit/rate-window.ts';
import { runsOf } from '../helpers/test-size.ts';

const rule: RateRule = { calls: 5, windowMs: 1_000, skewMs: 100, grainMs: 1 };

describe('a rate window', () => {
  test('never has more than its calls in any true window, whatever the call times and clock errors', () => {
    const call = fc.record({
      waitMs: fc.nat(400),
      errorMs: fc.integer({ min: -50, max: 50 }),
      count: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 100 }), fc.constantFrom(1, 50, 300), (calls, grainMs) => {
        const grained = { ...rule, grainMs };
        let trueMs = 1_000_000;
        let admissions: Admissions = [];
        const admittedAt: number[] = [];
        for (const { waitMs, errorMs, count } of calls) {
          trueMs += waitMs;
          const result = admit(admissions, grained, { nowMs: trueMs + errorMs, count });
          admissions = result.admissions;
          if (result.isAdmitted) admittedAt.push(...Array<number>(count).fill(trueMs));
        }
        for (const start of admittedAt) {
          const inWindow = admittedAt.filter((instant) => instant >= start && instant < start + rule.windowMs);
          expect(inWindow.length).toBeLessThanOrEqual(rule.calls);
        }
        expect(admissions.length).toBeLessThanOrEqual(rule.calls);
      }),
      { numRuns: runsOf(2_000) },
    );
  });

  test('refuses up to the instant at which permits enough free, and admits at it', () => {
    const call = fc.record({ waitMs: fc.nat(300), count: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(
        fc.array(call, { minLength: 5, maxLength: 20 }),
        fc.nat(3),
        fc.constantFrom(1, 200),
        (calls, kept, grainMs) => {
          const grained = { ...rule, grainMs };
          let nowMs = 1_000_000;
          let admissions: Admissions = [];
          for (const { waitMs, count } of calls) {
            nowMs += waitMs;
            const asker = { kept, count: Math.min(count, rule.calls - kept) };
            const result = admit(admissions, grained, { nowMs, ...asker });
            if (!result.isAdmitted) {
              expect(admit(admissions, grained, { nowMs: result.freeAtMs - 1, ...asker }).isAdmitted).toBe(false);
              expect(admit(admissions, grained, { nowMs: result.freeAtMs, ...asker }).isAdmitted).toBe(true);
            }
            admissions = result.admissions;
          }
        },
      ),
    );
  });

  test('gives permits that are asked for together all at once, or none', () => {
    const used = [0, 1, 2].map((index) => 1_000_000 + index);
    const asker = { nowMs: 1_000_010, count: 3 };
    expect(admit(used, rule, asker)).toEqual({ isAdmitted: false, admissions: used, freeAtMs: 1_000_000 + 1_100 });
    expect(admit(used, rule, { ...asker, count: 2 }).admissions).toEqual([...used, 1_000_010, 1_000_010]);
  });

  test('stamps with the end of a stretch, so that what is admitted within it frees together', () => {
    const grained = { ...rule, grainMs: 500 };
    const first = admit([], grained, { nowMs: 1_000_001 });
    expect(first.admissions).toEqual([1_000_500]);
    expect(admit(first.admissions, grained, { nowMs: 1_000_499, count: 4 })).toEqual({
      isAdmitted: true,
      admissions: [1_000_500, 1_000_500, 1_000_500, 1_000_500, 1_000_500],
      freeAtMs: 1_000_500 + 1_100,
    });
  });

  test('a stamp that lies ahead frees nothing before its time', () => {
    const grained = { ...rule, grainMs: 300 };
    const full = [...Array<number>(4).fill(300), 1_500];
    expect(admit(full, grained, { nowMs: 1_250 })).toEqual({ isAdmitted: false, admissions: full, freeAtMs: 1_400 });
  });

  test('leaves the kept permits to others', () => {
    const used = [0, 1, 2].map((index) => 1_000_000 + index);
    const asker = { nowMs: 1_000_010 };
    expect(admit(used, rule, { ...asker, kept: 2 })).toEqual({
      isAdmitted: false,
      admissions: used,
      freeAtMs: 1_000_000 + 1_100,
    });
    expect(admit(used, rule, asker).isAdmitted).toBe(true);
  });

  test('a clock that runs behind makes no room, and one that is far ahead keeps nobody out', () => {
    const full = Array.from({ length: 5 }, () => 1_000_000);
    expect(admit(full, rule, { nowMs: 1_000_000 - 1_100 }).isAdmitted).toBe(false);
    expect(admit(full, rule, { nowMs: 1_000_000 - 1_101 })).toMatchObject({
      isAdmitted: true,
      admissions: [1_000_000 - 1_101],
    });
  });
});
