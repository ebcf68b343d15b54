import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { nextTry } from '../../shared/insights/rest-retry.ts';

describe('the next try', () => {
  test('comes after 250 to 500 ms, then after 500 to 1000 ms, then never', () => {
    const delays = [1, 2, 3].map((attempt) =>
      [0, 0.999].map((jitter) => nextTry({ attempt, waitedMs: 0, retryAfterMs: undefined, jitter })),
    );
    expect(delays).toEqual([
      [
        { kind: 'retry', delayMs: 250 },
        { kind: 'retry', delayMs: 500 },
      ],
      [
        { kind: 'retry', delayMs: 500 },
        { kind: 'retry', delayMs: 1000 },
      ],
      [{ kind: 'stop' }, { kind: 'stop' }],
    ]);
  });

  test('never makes a call wait more than five seconds in all, nor less than it was asked to', () => {
    const hint = fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.record({ hint, jitter: fc.double({ min: 0, max: 0.999, noNaN: true }) })), (failures) => {
        let waitedMs = 0;
        for (const [index, { hint: retryAfterMs, jitter }] of failures.entries()) {
          const next = nextTry({ attempt: index + 1, waitedMs, retryAfterMs, jitter });
          if (next.kind === 'stop') break;
          expect(index).toBeLessThan(2);
          expect(next.delayMs).toBeGreaterThanOrEqual(Math.max(250, retryAfterMs ?? 0));
          waitedMs += next.delayMs;
        }
        expect(waitedMs).toBeLessThanOrEqual(5000);
      }),
    );
  });
});
