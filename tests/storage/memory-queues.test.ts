import { describe, expect, test } from '@jest/globals';
import type { MemoryQueues } from '../../shared/storage/memory-queues.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { queuesContract } from '../contract/queues.contract.ts';

const LEASE_MS = 60_000;

/** Queues whose clock stands at 1,000,000 ms until it is set. */
function open(): { queues: MemoryQueues; clock: { nowMs: number; now(): number } } {
  const clock = { nowMs: 1_000_000, now: () => clock.nowMs };
  return { queues: createMemoryQueues({ clock }), clock };
}

describe('queues in memory', () => {
  queuesContract(() => {
    const { queues, clock } = open();
    const receive = (queue: string): Promise<string[]> => {
      const texts: string[] = [];
      for (let found = queues.receive(queue, clock.now()); found; found = queues.receive(queue, clock.now())) {
        texts.push(JSON.stringify(found.message));
        queues.delete(queue, found);
      }
      return Promise.resolve(texts);
    };
    return { queues, receive, nowMs: () => clock.now() };
  });
});

test('a delayed message is there after its delay, rounded up to seconds', async () => {
  const { queues } = open();
  await queues.send('work', { n: 1 }, { delayMs: 1_001 });
  expect(queues.receive('work', 1_001_999)).toBeUndefined();
  expect(queues.receive('work', 1_002_000)).toMatchObject({ message: { n: 1 }, dequeueCount: 1 });
});

test('the message that has been there for longest is received first', async () => {
  const { queues } = open();
  await queues.send('work', { n: 1 }, { delayMs: 9_000 });
  await queues.send('work', { n: 2 });
  await queues.send('work', { n: 3 });
  const order = [1, 2, 3].map(() => queues.receive('work', 1_010_000)?.message);
  expect(order).toEqual([{ n: 2 }, { n: 3 }, { n: 1 }]);
});

test('a received message is back after its lease, and the earlier receipt is void', async () => {
  const { queues, clock } = open();
  await queues.send('work', { n: 1 });
  const first = queues.receive('work', 1_000_000, LEASE_MS);
  expect(queues.receive('work', 1_000_000 + LEASE_MS - 1, LEASE_MS)).toBeUndefined();
  clock.nowMs += LEASE_MS;
  const second = queues.receive('work', clock.now(), LEASE_MS);
  expect(second).toMatchObject({ id: first?.id, message: { n: 1 }, dequeueCount: 2 });
  if (!first || !second) throw new Error('nothing received');
  expect(queues.delete('work', first)).toBe(false);
  expect(queues.delete('work', second)).toBe(true);
  expect(queues.delete('work', second)).toBe(false);
  expect(await queues.length('work')).toBe(0);
});

test('a message is gone when its time to live is over, and never otherwise', async () => {
  const { queues, clock } = open();
  await queues.send('work', { n: 1 }, { timeToLiveMs: 50_001 });
  await queues.send('work', { n: 2 });
  expect(queues.waiting('work')).toEqual([
    { id: '1', message: { n: 1 }, dequeueCount: 0, visibleAt: 1_000_000, expiresAt: 1_051_000 },
    { id: '2', message: { n: 2 }, dequeueCount: 0, visibleAt: 1_000_000 },
  ]);
  clock.nowMs = 1_051_000;
  expect(await queues.length('work')).toBe(1);
  clock.nowMs = Number.MAX_SAFE_INTEGER;
  expect(queues.waiting('work').map(({ id }) => id)).toEqual(['2']);
});

test('what is received can be changed without changing the message', async () => {
  const { queues } = open();
  await queues.send('work', { list: [1] });
  const { message } = queues.waiting('work')[0] ?? {};
  (message as { list: number[] }).list.push(2);
  expect(queues.receive('work', 1_000_000)?.message).toEqual({ list: [1] });
});
