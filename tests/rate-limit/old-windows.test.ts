import { expect, test } from '@jest/globals';
import { dropOldWindows } from '../../shared/rate-limit/old-windows.ts';
import { LIMITS_TABLE, rateLimiter } from '../../shared/rate-limit/rate-limiter.ts';
import type { RateRule } from '../../shared/rate-limit/rate-window.ts';
import { systemRandom as random } from '../../shared/random.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { drain } from '../helpers/rows.ts';

const rule: RateRule = { calls: 5, windowMs: 60_000, skewMs: 5_000, grainMs: 1 };
const HOUR = 3_600_000;

test('a window goes an hour after its last permit is free, not while it is in use', async () => {
  const tables = createMemoryTables();
  const clock = manualClock();
  const limiter = rateLimiter({ tables, clock, random, rule });
  const kept = async (): Promise<string[]> => {
    await dropOldWindows({ tables, clock, rule });
    return (await drain(tables, LIMITS_TABLE, { partition: { from: '', to: '~' } })).map((row) => row.partitionKey);
  };
  await limiter.take('a');
  await clock.advance(30_000);
  await limiter.take('b');
  expect(await kept()).toEqual(['a', 'b']);
  await clock.advance(HOUR + 65_000 - 30_001);
  expect(await kept()).toEqual(['a', 'b']);
  await clock.advance(1);
  expect(await kept()).toEqual(['b']);
  await clock.advance(30_000);
  expect(await kept()).toEqual([]);
});

test('a window that is used again stays, with its calls', async () => {
  const tables = createMemoryTables();
  const clock = manualClock();
  const limiter = rateLimiter({ tables, clock, random, rule });
  await limiter.take('a', { count: 4 });
  await clock.advance(2 * HOUR);
  await limiter.take('a', { count: 5 });
  await dropOldWindows({ tables, clock, rule });
  expect(await limiter.used('a')).toBe(5);
});

test('where there is no limit nothing is asked for', async () => {
  const tables = createMemoryTables();
  tables.query = () => Promise.reject(new Error('asked'));
  await dropOldWindows({ tables, clock: manualClock(), rule: { ...rule, calls: 0 } });
});
