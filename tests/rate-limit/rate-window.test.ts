import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admit, type Admissions, type RateRule } from '../../shared/rate-limit/rate-window.ts';

const rule: RateRule = { calls: 5, windowMs: 1_000, skewMs: 100 };

describe('a rate window', () => {
  test('never has more than its calls in any true window, whatever the call times and clock errors', () => {
    const call = fc.record({
      waitMs: fc.nat(400),
      errorMs: fc.integer({ min: -50, max: 50 }),
      wanted: fc.integer({ min: 1, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        let trueMs = 1_000_000;
        let admissions: Admissions = [];
        const admittedAt: number[] = [];
        for (const { waitMs, errorMs, wanted } of calls) {
          trueMs += waitMs;
          const result = admit(admissions, rule, { nowMs: trueMs + errorMs, wanted });
          admissions = result.admissions;
          for (let count = 0; count < result.granted; count++) admittedAt.push(trueMs);
        }
        for (const start of admittedAt) {
          const inWindow = admittedAt.filter((instant) => instant >= start && instant < start + rule.windowMs);
          expect(inWindow.length).toBeLessThanOrEqual(rule.calls);
        }
        expect(admissions.length).toBeLessThanOrEqual(rule.calls);
      }),
      { numRuns: 2_000 },
    );
  });

  test('refuses up to the instant at which a place frees, and admits at it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300), { minLength: 5, maxLength: 20 }), fc.nat(3), (waits, kept) => {
        let nowMs = 1_000_000;
        let admissions: Admissions = [];
        for (const wait of waits) {
          nowMs += wait;
          const result = admit(admissions, rule, { nowMs, wanted: 1, kept });
          if (result.granted === 0) {
            expect(admit(admissions, rule, { nowMs: result.freeAtMs - 1, wanted: 1, kept }).granted).toBe(0);
            expect(admit(admissions, rule, { nowMs: result.freeAtMs, wanted: 1, kept }).granted).toBe(1);
          }
          admissions = result.admissions;
        }
      }),
    );
  });

  test('gives a whole reservation or none of it', () => {
    const used = [0, 0, 0].map((_, index) => 1_000_000 + index);
    const result = admit(used, rule, { nowMs: 1_000_010, wanted: 3, whole: true });
    expect(result).toEqual({ granted: 0, admissions: used, freeAtMs: 1_000_000 + 1_100 });
    expect(admit(used, rule, { nowMs: 1_001_100, wanted: 3, whole: true }).granted).toBe(3);
  });

  test('a reservation larger than the limit never fits', () => {
    expect(admit([], rule, { nowMs: 0, wanted: 6, whole: true })).toMatchObject({ granted: 0, freeAtMs: Infinity });
  });

  test('leaves the kept places to others', () => {
    const result = admit([], rule, { nowMs: 0, wanted: 10, kept: 2 });
    expect(result.granted).toBe(3);
    expect(admit(result.admissions, rule, { nowMs: 0, wanted: 10 }).granted).toBe(2);
  });
});
