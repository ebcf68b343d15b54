import { expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { manualClock, flushPromises } from '../helpers/manual-clock.ts';
import { answered, callbackUrl, INSTANCE, memoryBackend } from '../helpers/memory-backend.ts';

const CLAIM_MS = 120_000;
const LONGEST_ATTEMPT_MS = 15_000;

/**
 * Calls of another process for a retry that is being made, when its clock is ahead by so much at
 * the end of a longest attempt.
 */
async function madeAgain(aheadMs: number): Promise<number> {
  const [tables, clock] = [createMemoryTables(), manualClock()];
  const fixture = memoryBackend({ tables, clock });
  fixture.data.segments = [segment('vip', evaluated(10, 1))];
  const input = { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl('flow') };
  await fixture.subscribe('segment-threshold-crossed', input);
  fixture.data.segments = [segment('vip', evaluated(200, 2))];
  fixture.answers.set(callbackUrl('flow'), () => answered(503));
  await fixture.backend.pollInstance({ v: 1, instanceId: INSTANCE });
  const [waiting] = fixture.queues.waiting('retries');
  fixture.answers.set(callbackUrl('flow'), () => new Promise<never>(() => undefined));
  await clock.advance(6_000);
  void fixture.backend.handleRetriesMessage(waiting?.message as never);
  await flushPromises();
  expect(fixture.calls).toHaveLength(2);
  const other = memoryBackend({
    tables,
    clock: manualClock(clock.now() + LONGEST_ATTEMPT_MS + aheadMs),
    queues: fixture.queues,
  });
  await other.backend.handleRetriesMessage(waiting?.message as never);
  return other.calls.length;
}

test('a clock that is ahead by less than the claim and the longest attempt are apart makes no retry twice', async () => {
  expect(await madeAgain(CLAIM_MS - LONGEST_ATTEMPT_MS - 1)).toBe(0);
  expect(await madeAgain(CLAIM_MS - LONGEST_ATTEMPT_MS + 1)).toBe(1);
});
