import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { forkedLane, type Lane } from './lane.ts';
import type { Plan } from './plan.ts';
import { buildVariant } from './variant.ts';

/**
 * Declares the test that these worlds keep every promise. One file for each part, so that the parts run at the same time. They run in a process of
 * their own: Jest's makes them take three times as long.
 */
export function seedsHold(from: number, to: number, change: Partial<Plan> = {}): void {
  let bundle: string;
  let lane: Lane;
  beforeAll(async () => {
    bundle = await buildVariant([]);
    lane = forkedLane(bundle);
  });
  afterAll(() => {
    lane.close();
    rmSync(path.dirname(bundle), { recursive: true });
  });

  test(`worlds ${from} to ${to} lose nothing, double nothing unexplained, and come to rest`, async () => {
    const count = to - from + 1;
    const { tally } = await lane.run({ from, count, keepGoing: true, change });
    expect(tally.violations).toEqual({});
    expect(tally.seeds).toBe(count);
  });
}
