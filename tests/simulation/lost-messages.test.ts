import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sized } from '../helpers/test-size.ts';
import { forkedLane, type Lane } from './lane.ts';
import { steady, type Plan } from './plan.ts';
import { buildVariant, SMALL_CHUNKS } from './variant.ts';

let bundle: string;
let lane: Lane;
beforeAll(async () => {
  bundle = await buildVariant(SMALL_CHUNKS);
  lane = forkedLane(bundle);
});
afterAll(() => {
  lane.close();
  rmSync(path.dirname(bundle), { recursive: true });
});

/** Simulations without faults but those of flows, which are turned off, fail and are saved. */
const plan: Partial<Plan> = {
  ...steady,
  losses: 0,
  duplicates: 0,
  flows: 3,
  flowFaults: 2,
  turnsOff: true,
  actions: 3,
};

/**
 * The first seeds have many chunks and retries. Some have a reconciler that runs every three
 * minutes, others one that runs every hour.
 */
const seeds = sized({ small: [5], full: [5, 4, 2, 3, ...Array.from({ length: 16 }, (_, index) => index + 6)] }).map(
  (seed, index) => ({ seed, reconcileEveryMs: index % 2 === 0 ? 180_000 : 3_600_000 }),
);

test.each(seeds)(
  'seed $seed: whichever one message is lost, all arrives in time',
  async ({ seed, reconcileEveryMs }) => {
    const run = async (losesMessage: number): ReturnType<Lane['run']> =>
      lane.run({ from: seed, count: 1, keepGoing: true, change: { ...plan, reconcileEveryMs, losesMessage } });
    const { tally } = await run(0);
    expect(tally.violations).toEqual({});
    expect(tally.messages).toBeGreaterThan(0);
    for (let lost = 1; lost <= tally.messages; lost++) {
      const { tally: one } = await run(lost);
      expect({ lost, violations: one.violations, losses: one.counts['message is lost'] }).toEqual({
        lost,
        violations: {},
        losses: 1,
      });
    }
  },
);
