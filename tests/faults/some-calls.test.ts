import { expect, test } from '@jest/globals';
import { sharedAzurite } from '../helpers/azurite.ts';
import { inRotation } from '../helpers/test-size.ts';
import type { Mode } from './fault-injector.ts';
import { faultyRun } from './faulty-run.ts';

/**
 * Every call in every mode takes a quarter of an hour: `npm run test:faults`. These hit detection,
 * fan-out, completion and retries.
 */
const SOME: readonly (readonly [Mode, number])[] = [
  ['refused', 14],
  ['answer lost', 37],
  ['lost for good', 51],
  ['killed before', 22],
  ['killed after', 66],
  ['killed before', 94],
];

test.each(inRotation(SOME, 3))(
  '%s: whatever happens to a storage call, here call %i, all flows are called, and none again whose outcome was stored',
  async (mode, call) => {
    const { befallen, violations } = await faultyRun(sharedAzurite(), { mode, call });
    expect(violations).toEqual([]);
    expect(befallen).toBeDefined();
  },
);
