import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FailedAttempt } from '../../shared/deliveries/retry/retry-schedule.ts';
import { MAX_RETRY_AFTER_MS, nextRetry } from '../../shared/deliveries/retry/retry-schedule.ts';
import { runsOf } from '../helpers/test-size.ts';

/** The default of `DELIVERY_SCHEDULE_SECONDS`. */
const scheduleSeconds = [5, 30, 300, 1800, 7200, 18_000, 36_000, 36_000];

function delayMs(attempt: Partial<FailedAttempt>): number | 'exhausted' {
  const next = nextRetry({ attempt: 1, scheduleSeconds, jitter: 0, ...attempt });
  return next.kind === 'wait' ? next.delayMs : next.kind;
}

const anyJitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const anyAttempt = fc.integer({ min: 1, max: scheduleSeconds.length });
const anyHintMs = fc.integer({ min: 0, max: 999_999_999_000 });

describe('the schedule', () => {
  test('without jitter the delays are the schedule, and after the last retry it is exhausted', () => {
    const delays = Array.from({ length: 10 }, (_, index) => delayMs({ attempt: index + 1 }));

    expect(delays).toEqual([
      5000,
      30_000,
      300_000,
      1_800_000,
      7_200_000,
      18_000_000,
      36_000_000,
      36_000_000,
      'exhausted',
      'exhausted',
    ]);
  });

  test('the default schedule spans 27.6 hours, and at most a tenth more', () => {
    const spanHours = (jitter: number): number =>
      scheduleSeconds.reduce((sum, _, index) => sum + Number(delayMs({ attempt: index + 1, jitter })), 0) / 3_600_000;

    expect(spanHours(0)).toBeCloseTo(27.59, 2);
    expect(spanHours(0.999_999)).toBeLessThanOrEqual(27.6 * 1.1);
  });

  test('an attempt beyond the end of a shortened schedule is the last, whatever the receiver asked for', () => {
    expect(delayMs({ attempt: 4, scheduleSeconds: [1, 2, 3], retryAfterMs: 1000 })).toBe('exhausted');
    expect(delayMs({ attempt: 1, scheduleSeconds: [] })).toBe('exhausted');
  });

  test('a delay of zero seconds stays zero', () => {
    expect(delayMs({ scheduleSeconds: [0], jitter: 0.9 })).toBe(0);
  });

  test('jitter adds at most 10 % and never takes anything away', () => {
    fc.assert(
      fc.property(anyAttempt, anyJitter, (attempt, jitter) => {
        const base = (scheduleSeconds[attempt - 1] ?? 0) * 1000;
        const delay = Number(delayMs({ attempt, jitter }));
        return Number.isInteger(delay) && delay >= base && delay <= base * 1.1;
      }),
      { numRuns: runsOf(10_000) },
    );
  });

  test('jitter spreads over the whole tenth', () => {
    expect(delayMs({ attempt: 2, jitter: 0.5 })).toBe(31_500);
    expect(delayMs({ attempt: 2, jitter: 0.999_999 })).toBe(32_999);
  });
});

describe('Retry-After', () => {
  test('a hint below the schedule changes nothing, one above replaces it', () => {
    expect(delayMs({ attempt: 2, retryAfterMs: 0 })).toBe(30_000);
    expect(delayMs({ attempt: 2, retryAfterMs: 29_999 })).toBe(30_000);
    expect(delayMs({ attempt: 2, retryAfterMs: 60_000 })).toBe(60_000);
  });

  test('those who got the same hint are spread too', () => {
    expect(delayMs({ attempt: 1, retryAfterMs: 600_000, jitter: 0.5 })).toBe(630_000);
  });

  test('a hint is cut to 12 hours', () => {
    expect(MAX_RETRY_AFTER_MS).toBe(43_200_000);
    expect(delayMs({ retryAfterMs: 999_999_999_000, jitter: 0.9 })).toBe(43_200_000);
  });

  test('a schedule that waits longer than 12 hours is not cut', () => {
    expect(delayMs({ scheduleSeconds: [86_400], retryAfterMs: 999_999_999_000 })).toBe(86_400_000);
  });

  test('a hint only ever delays, and never beyond 12 hours', () => {
    fc.assert(
      fc.property(anyAttempt, anyJitter, anyHintMs, (attempt, jitter, retryAfterMs) => {
        const without = Number(delayMs({ attempt, jitter }));
        const delay = Number(delayMs({ attempt, jitter, retryAfterMs }));
        return delay >= without && delay >= Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) && delay <= MAX_RETRY_AFTER_MS;
      }),
      { numRuns: runsOf(10_000) },
    );
  });
});
