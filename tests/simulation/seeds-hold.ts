import { expect, test } from '@jest/globals';
import { simulate } from './simulation.ts';

const MINUTES = 60_000;

/** Declares the test that these worlds keep every promise. One file for each part, so that the parts run at the same time. */
export function seedsHold(from: number, to: number): void {
  test(
    `worlds ${from} to ${to} lose nothing, double nothing unexplained, and come to rest`,
    async () => {
      const violations: string[] = [];
      for (let seed = from; seed <= to; seed++) {
        const { violation } = await simulate(seed);
        if (violation !== undefined) violations.push(`seed ${seed}: ${violation}`);
      }
      expect(violations).toEqual([]);
    },
    10 * MINUTES,
  );
}
