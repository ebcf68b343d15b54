import { expect, test } from '@jest/globals';
import { MAX_RECEIVED, type QueueDrain } from '../../shared/storage/queue-drain.ts';
import type { Queues } from '../../shared/storage/queues.ts';
import { uniqueName } from '../helpers/azurite.ts';

const LEASE_MS = 60_000;

export interface OpenQueueDrain {
  readonly queues: Queues;
  readonly drain: QueueDrain;
}

/**
 * Registers the tests of what every implementation of `QueueDrain` promises. Every test names a
 * queue of its own.
 */
export function queueDrainContract(open: () => OpenQueueDrain): void {
  const { queues, drain } = open();

  test('a queue that nothing was sent to gives nothing', async () => {
    expect(await drain.receive(uniqueName('queue'), LEASE_MS)).toEqual([]);
  });

  test('what was sent is received once while its lease lasts', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, { text: 'ü 日本 <b>' });
    const received = await drain.receive(queue, LEASE_MS);
    expect(received.map(({ message }) => message)).toEqual([{ text: 'ü 日本 <b>' }]);
    expect(await drain.receive(queue, LEASE_MS)).toEqual([]);
    expect(await queues.length(queue)).toBe(1);
  });

  test('a delayed message is not received', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, {}, { delayMs: 24 * 3600 * 1000 });
    expect(await drain.receive(queue, LEASE_MS)).toEqual([]);
  });

  test('what is deleted is gone, and may be deleted again', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, { n: 1 });
    const [received] = await drain.receive(queue, LEASE_MS);
    if (!received) throw new Error('nothing received');
    for (let count = 0; count < 2; count++) await drain.delete(queue, received);
    expect(await queues.length(queue)).toBe(0);
  });

  test('a receipt that is none deletes nothing', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, { n: 1 });
    const [received] = await drain.receive(queue, LEASE_MS);
    if (!received) throw new Error('nothing received');
    const receipt = received.receipt.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    await drain.delete(queue, { id: received.id, receipt });
    expect(await queues.length(queue)).toBe(1);
  });

  test('no more than a request takes is received at a time', async () => {
    const queue = uniqueName('queue');
    await Promise.all(Array.from({ length: MAX_RECEIVED + 3 }, (_, n) => queues.send(queue, { n })));
    expect(await drain.receive(queue, LEASE_MS)).toHaveLength(MAX_RECEIVED);
    expect(await drain.receive(queue, LEASE_MS)).toHaveLength(3);
  });
}
