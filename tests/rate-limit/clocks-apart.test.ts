import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { admit, type Admissions, type RateRule } from '../../shared/rate-limit/rate-window.ts';

const rule: RateRule = { calls: 10, windowMs: 60_000, skewMs: 1_000, grainMs: 500 };

/**
 * The true instants of admissions, when processes whose clocks are ahead by so much ask at these
 * true instants.
 */
function admittedAt(asked: readonly { readonly atMs: number; readonly aheadMs: number }[]): number[] {
  let admissions: Admissions = [];
  return [...asked]
    .sort((a, b) => a.atMs - b.atMs)
    .flatMap(({ atMs, aheadMs }) => {
      const admitted = admit(admissions, rule, { nowMs: 1e12 + atMs + aheadMs });
      admissions = admitted.admissions;
      return admitted.isAdmitted ? [atMs] : [];
    });
}

const askedBy = (apartMs: number) =>
  fc.array(fc.record({ atMs: fc.nat(200_000), aheadMs: fc.constantFrom(0, apartMs) }), {
    minLength: 30,
    maxLength: 80,
  });

test.each([0, 500, 1_000, 3_000, 20_000])(
  'with clocks %s ms apart, ten calls take at least a window less what is beyond a second',
  (apartMs) => {
    fc.assert(
      fc.property(askedBy(apartMs), (asked) => {
        const times = admittedAt(asked);
        const leastMs = rule.windowMs - Math.max(0, apartMs - rule.skewMs);
        for (const [index, atMs] of times.entries()) {
          const after = times[index + rule.calls];
          if (after !== undefined) expect(after - atMs).toBeGreaterThanOrEqual(leastMs);
        }
      }),
    );
  },
);

test('with clocks up to half a window apart no window has more than twice the calls', () => {
  fc.assert(
    fc.property(fc.nat(rule.windowMs / 2).chain(askedBy), (asked) => {
      const times = admittedAt(asked);
      for (const [index, atMs] of times.entries()) {
        const after = times[index + 2 * rule.calls];
        if (after !== undefined) expect(after - atMs).toBeGreaterThanOrEqual(rule.windowMs);
      }
    }),
  );
});
