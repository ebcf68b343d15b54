import { expect, test } from '@jest/globals';
import { rateLimiter } from '../../shared/rate-limit/rate-limiter.ts';
import { systemRandom as random } from '../../shared/random.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { manualClock } from '../helpers/manual-clock.ts';

test('a process that is alone with its keys reads the window of none of them again', async () => {
  const tables = createMemoryTables();
  const get = tables.get.bind(tables);
  let reads = 0;
  tables.get = (...what) => {
    reads++;
    return get(...what);
  };
  const rule = { calls: 100, windowMs: 60_000, skewMs: 1_000, grainMs: 1 };
  const limiter = rateLimiter({ tables, clock: manualClock(), random, rule });
  const keys = ['a', 'b', 'c'];
  const takeAll = async (): Promise<number> => {
    reads = 0;
    for (const key of keys) expect(await limiter.take(key)).toEqual({ kind: 'admitted' });
    return reads;
  };
  await takeAll();
  // Now it sees that nobody else has changed them.
  expect(await takeAll()).toBe(3);
  expect(await takeAll()).toBe(0);
});
