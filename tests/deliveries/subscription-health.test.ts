import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { HealthOutcome, SubscriptionHealth } from '../../shared/deliveries/subscription/subscription-health.ts';
import { HEALTHY, nextHealth } from '../../shared/deliveries/subscription/subscription-health.ts';

const START = 1_700_000_000_000;
const HOUR = 3_600_000;
const FIVE_DAYS = 120 * HOUR;

/** Health and verdict after these outcomes, each at so many ms after the start. */
function after(outcomes: readonly (readonly [atMs: number, outcome: HealthOutcome])[]): {
  health: SubscriptionHealth;
  disable: boolean;
} {
  let last = { health: HEALTHY, disable: false };
  for (const [atMs, outcome] of outcomes) last = nextHealth({ health: last.health, outcome, nowMs: START + atMs });
  return last;
}

describe('when a subscription is disabled', () => {
  test('with the second dead delivery at five days, not a millisecond earlier', () => {
    expect(
      after([
        [0, 'failed'],
        [HOUR, 'dead'],
        [FIVE_DAYS - 1, 'dead'],
      ]).disable,
    ).toBe(false);
    expect(
      after([
        [0, 'failed'],
        [HOUR, 'dead'],
        [FIVE_DAYS, 'dead'],
      ]).disable,
    ).toBe(true);
  });

  test('not with one dead delivery, however long it fails', () => {
    expect(
      after([
        [0, 'dead'],
        [10 * FIVE_DAYS, 'failed'],
      ]).disable,
    ).toBe(false);
  });

  test('not with many dead deliveries in a short time', () => {
    const outcomes = Array.from({ length: 50 }, (_, index) => [index * HOUR, 'dead'] as const);

    expect(after(outcomes).disable).toBe(false);
  });

  test('by a failed attempt too, once two deliveries are dead', () => {
    expect(
      after([
        [0, 'dead'],
        [HOUR, 'dead'],
        [FIVE_DAYS, 'failed'],
      ]).disable,
    ).toBe(true);
  });

  test('not after a success, from which everything counts anew', () => {
    const recovered = after([
      [0, 'dead'],
      [HOUR, 'dead'],
      [FIVE_DAYS, 'delivered'],
    ]);
    expect(recovered).toEqual({ health: { deadCount: 0 }, disable: false });

    const again = after([
      [0, 'dead'],
      [HOUR, 'dead'],
      [2 * HOUR, 'delivered'],
      [FIVE_DAYS, 'dead'],
      [FIVE_DAYS + 1, 'dead'],
    ]);
    expect(again).toEqual({ health: { failingSinceMs: START + FIVE_DAYS, deadCount: 2 }, disable: false });
  });

  test('not because the clock was set back', () => {
    expect(
      after([
        [0, 'dead'],
        [-10 * FIVE_DAYS, 'dead'],
      ]),
    ).toEqual({
      health: { failingSinceMs: START, deadCount: 2 },
      disable: false,
    });
  });

  test('whatever happened before, a success makes it healthy', () => {
    const anyOutcome = fc.constantFrom<HealthOutcome>('delivered', 'failed', 'dead');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer(), anyOutcome)), (outcomes) => {
        expect(after([...outcomes, [0, 'delivered']])).toEqual({ health: HEALTHY, disable: false });
      }),
    );
  });
});
