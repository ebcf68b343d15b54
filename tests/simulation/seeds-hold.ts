import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { forkedLane, type Lane } from './lane.ts';
import type { Plan, PlanOptions } from './plan.ts';
import { buildVariant, SMALL_CHUNKS } from './variant.ts';

/**
 * Declares the test that these simulations have no violation. Each part is one file, so that the
 * parts run concurrently. They run in child processes, because they take three times as long in
 * Jest's.
 */
export function seedsHold(
  from: number,
  to: number,
  change: Partial<Plan> = {},
  { sparse = false, smallChunks = false }: PlanOptions & { readonly smallChunks?: boolean } = {},
): void {
  let bundle: string;
  let lane: Lane;
  beforeAll(async () => {
    bundle = await buildVariant(smallChunks ? SMALL_CHUNKS : []);
    lane = forkedLane(bundle);
  });
  afterAll(() => {
    lane.close();
    rmSync(path.dirname(bundle), { recursive: true });
  });

  test(`simulations ${from} to ${to} lose nothing, have no unexplained duplicate, and come to an end`, async () => {
    const count = to - from + 1;
    const { tally } = await lane.run({ from, count, keepGoing: true, change, options: { sparse } });
    expect(tally.violations).toEqual({});
    expect(tally.seeds).toBe(count);
  });
}
