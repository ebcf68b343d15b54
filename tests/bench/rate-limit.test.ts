import { expect } from '@jest/globals';
import { rateLimit } from '../../bench/rate-limit.ts';
import { benchTest } from './bench-test.ts';

benchTest('rate-limit')(
  'the rate limit benchmark hammers from several processes, and never sees a call too many',
  async () => {
    const { targets, tables } = await rateLimit.run({ size: 'tiny', note: () => undefined });
    const [most, , cost] = targets;
    expect(most).toMatchObject({ what: 'calls in any window', met: true });
    expect(Number(cost?.measured)).toBeGreaterThan(0);
    const [row] = tables[0]?.rows ?? [];
    // Processes, admitted.
    expect(row?.[0]).toBe('2');
    expect(Number(row?.[3])).toBeGreaterThan(0);
  },
);
