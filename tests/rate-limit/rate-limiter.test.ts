import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { rateLimiter } from '../../shared/rate-limit/rate-limiter.ts';
import type { RateRule } from '../../shared/rate-limit/rate-window.ts';
import { systemRandom as random } from '../../shared/random.ts';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';
import { sharedAzurite } from '../helpers/azurite.ts';
import { manualClock } from '../helpers/manual-clock.ts';
import { uniqueTables } from '../helpers/unique-tables.ts';

const rule: RateRule = { calls: 100, windowMs: 60_000, skewMs: 1_000, grainMs: 1 };

/** A table of limits that is there already: the first write to a table also makes it. */
async function azure(): Promise<{ tables: Tables; counter: ReturnType<typeof createRequestCounter> }> {
  const counter = createRequestCounter();
  const account = { connectionString: sharedAzurite().connectionString };
  const clients = openStorageClients({ account, policyFor: counter.policyFor });
  const tables = uniqueTables(createAzureTables({ clients }));
  await tables.write('limits', [{ kind: 'insert', row: { partitionKey: 'other', rowKey: 'window' } }]);
  counter.reset();
  return { tables, counter };
}

async function countAdmitted(decisions: readonly Promise<{ kind: string }>[]): Promise<number> {
  return (await Promise.all(decisions)).filter(({ kind }) => kind === 'admitted').length;
}

describe('a rate limit', () => {
  test('reports how many permits are in use, whoever took them, with one request', async () => {
    const { tables, counter } = await azure();
    const clock = manualClock();
    const [one, other] = [rateLimiter({ random, tables, clock, rule }), rateLimiter({ random, tables, clock, rule })];
    expect(await one.used('a')).toBe(0);
    for (const limiter of [one, other, other]) await limiter.take('a');
    await clock.advance(30_000);
    await one.take('a');
    counter.reset();
    expect([await one.used('a'), await other.used('a'), await one.used('b')]).toEqual([4, 4, 0]);
    expect(counter.total()).toBe(3);
    await clock.advance(31_000);
    expect(await other.used('a')).toBe(1);
    const off = rateLimiter({ random, tables, clock, rule: { ...rule, calls: 0 } });
    expect(await off.used('a')).toBe(0);
  });

  test('admits a hundred calls that come together in two requests, and refuses the next without any', async () => {
    const { tables, counter } = await azure();
    const clock = manualClock();
    const limiter = rateLimiter({ random, tables, clock, rule });
    expect(await countAdmitted(Array.from({ length: 100 }, () => limiter.take('a')))).toBe(100);
    expect(counter.total()).toBe(2);
    expect(await limiter.take('a')).toEqual({ kind: 'refused', retryAfterMs: 61_000 });
    await clock.advance(60_999);
    expect(await limiter.take('a')).toEqual({ kind: 'refused', retryAfterMs: 1 });
    expect(counter.total()).toBe(2);
    await clock.advance(1);
    expect(await limiter.take('a')).toEqual({ kind: 'admitted' });
  });

  test('a call costs two requests, and one as long as nobody else asks', async () => {
    const { tables, counter } = await azure();
    const [one, other] = [0, 1].map(() => rateLimiter({ random, tables, clock: manualClock(), rule }));
    const costOf = async (limiter = one): Promise<number> => {
      counter.reset();
      expect(await limiter?.take('a')).toEqual({ kind: 'admitted' });
      return counter.total();
    };
    expect([await costOf(), await costOf(), await costOf(), await costOf()]).toEqual([2, 2, 1, 1]);
    expect(await costOf(other)).toBe(2);
    // The first one learns that it is no longer alone.
    expect([await costOf(), await costOf(other), await costOf(), await costOf(other)]).toEqual([3, 2, 2, 2]);
  });

  test('who comes while a swap is tried again is decided with it', async () => {
    const memory = createMemoryTables();
    const other = rateLimiter({ random, tables: memory, clock: manualClock(), rule });
    const arriving: Promise<{ kind: string }>[] = [];
    let writes = 0;
    const tables: Tables = {
      ...memory,
      async write(...written) {
        writes += 1;
        if (writes === 1) {
          arriving.push(limiter.take('a'), limiter.take('a'));
          await other.take('a');
        }
        return memory.write(...written);
      },
    };
    const clock = manualClock();
    const limiter = rateLimiter({ random, tables, clock, rule });
    const first = countAdmitted([limiter.take('a')]);
    await clock.advance(100);
    expect(await first).toBe(1);
    expect(await countAdmitted(arriving)).toBe(2);
    expect(writes).toBe(2);
  });

  test('is one limit for all instances of the app that ask at the same time, each with its own clock', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 2, maxLength: 4 }),
        fc.array(fc.record({ waitMs: fc.nat(3_000), calls: fc.array(fc.nat(3), { maxLength: 12 }) }), {
          maxLength: 30,
        }),
        async (errors, bursts) => {
          const tables = createMemoryTables();
          const clock = manualClock();
          const small: RateRule = { calls: 10, windowMs: 10_000, skewMs: 1_000, grainMs: 500 };
          const limiters = errors.map((error) => {
            const own = { ...clock, now: () => clock.now() + error };
            return rateLimiter({ random, tables, clock: own, rule: small });
          });
          const admittedAt: number[] = [];
          const take = async (instance: number): Promise<void> => {
            const decision = await limiters[instance % limiters.length]?.take('a');
            if (decision?.kind === 'admitted') admittedAt.push(clock.now());
          };
          const decided: Promise<void>[] = [];
          for (const { waitMs, calls } of bursts) {
            await clock.advance(waitMs);
            decided.push(...calls.map(take));
          }
          // Those who lost a swap try again after a pause.
          await clock.advance(60_000);
          await Promise.all(decided);
          const asked = bursts.flatMap(({ calls }) => calls).length;
          expect(admittedAt.length).toBeGreaterThanOrEqual(Math.min(asked, small.calls));
          for (const start of admittedAt) {
            expect(admittedAt.filter((at) => at >= start && at < start + small.windowMs).length).toBeLessThanOrEqual(
              10,
            );
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test('keys do not share permits', async () => {
    const limiter = rateLimiter({
      random,
      tables: createMemoryTables(),
      clock: manualClock(),
      rule: { ...rule, calls: 1 },
    });
    expect(await countAdmitted([limiter.take('a'), limiter.take('b'), limiter.take('a')])).toBe(2);
  });

  test('kept permits are left to polls', async () => {
    const limiter = rateLimiter({
      random,
      tables: createMemoryTables(),
      clock: manualClock(),
      rule: { ...rule, calls: 10 },
    });
    expect(await countAdmitted(Array.from({ length: 10 }, () => limiter.take('a', { kept: 3 })))).toBe(7);
    expect(await countAdmitted(Array.from({ length: 10 }, () => limiter.take('a')))).toBe(3);
  });

  test('no limit asks nobody', async () => {
    const tables: Tables = { ...createMemoryTables(), get: () => Promise.reject(new Error('asked')) };
    const limiter = rateLimiter({ random, tables, clock: manualClock(), rule: { ...rule, calls: 0 } });
    expect(await limiter.take('a')).toEqual({ kind: 'admitted' });
  });

  test('nobody is admitted while storage gives no answer, and all goes on when it is back', async () => {
    const memory = createMemoryTables();
    let isDown = true;
    const tables: Tables = {
      ...memory,
      get: (...keys) => (isDown ? Promise.reject(new StorageError('get', 'down')) : memory.get(...keys)),
    };
    const limiter = rateLimiter({ random, tables, clock: manualClock(), rule });
    const results = await Promise.allSettled([limiter.take('a'), limiter.take('a')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isDown = false;
    expect(await limiter.take('a')).toEqual({ kind: 'admitted' });
  });
});
