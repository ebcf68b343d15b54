import { expect, test } from '@jest/globals';
import type { Queues } from '../../shared/storage/queues.ts';
import { MAX_DELAY_MS } from '../../shared/storage/queues.ts';
import { uniqueName } from '../helpers/azurite.ts';

export interface OpenQueues {
  readonly queues: Queues;
  /**
   * Takes the messages that are visible now out of the queue: their text as it was sent, after
   * base64.
   */
  readonly receive: (queue: string) => Promise<string[]>;
  /** The time by the clock of the queues. */
  readonly nowMs: () => number;
}

/** Azurite and the test round and read the time differently. */
const CLOCKS_DIFFER_MS = 2_000;
const DAY_MS = 24 * 3600 * 1000;

/**
 * Registers the tests of what every implementation of `Queues` promises. Every test names a queue
 * of its own.
 */
export function queuesContract(open: () => OpenQueues): void {
  const { queues, receive, nowMs } = open();

  test('a message arrives as it was sent', async () => {
    const queue = uniqueName('queue');
    const message = {
      text: `"ü" 日本 😀 <b> &amp; \r\n\u2028`,
      list: [1, 2.5, -0, null, true, { deep: '' }],
      absent: undefined,
    };
    await queues.send(queue, message);
    expect(await receive(queue)).toEqual([JSON.stringify(message)]);
  });

  test('a queue that nothing was sent to is empty', async () => {
    expect(await queues.length(uniqueName('queue'))).toBe(0);
  });

  test('what many send to a new queue at once arrives', async () => {
    const queue = uniqueName('queue');
    await Promise.all(Array.from({ length: 12 }, (_, n) => queues.send(queue, { n })));
    expect(await queues.length(queue)).toBe(12);
    const received = (await receive(queue)).map((text) => (JSON.parse(text) as { n: number }).n);
    expect(received.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(await queues.length(queue)).toBe(0);
  });

  test('a delayed message counts but is not there yet', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, { n: 1 }, { delayMs: 1 });
    await queues.send(queue, { n: 2 }, { delayMs: DAY_MS });
    await queues.send(queue, { n: 3 }, { delayMs: MAX_DELAY_MS + DAY_MS });
    await queues.send(queue, { n: 4 }, { delayMs: DAY_MS, timeToLiveMs: DAY_MS + 1 });
    expect(await receive(queue)).toEqual([]);
    expect(await queues.length(queue)).toBe(4);
  });

  test('a message whose time has passed is there at once', async () => {
    const queue = uniqueName('queue');
    await queues.send(queue, { n: 1 }, { delayMs: -5 * DAY_MS });
    expect(await receive(queue)).toEqual(['{"n":1}']);
  });

  test('reports when the message was sent that waits for longest, of those that are visible', async () => {
    const queue = uniqueName('queue');
    expect(await queues.oldestSentAt(queue)).toBeUndefined();
    const beforeMs = nowMs() - CLOCKS_DIFFER_MS;
    await queues.send(queue, { n: 1 }, { delayMs: DAY_MS });
    expect(await queues.oldestSentAt(queue)).toBeUndefined();
    await queues.send(queue, { n: 2 });
    const first = (await queues.oldestSentAt(queue)) ?? 0;
    expect(first).toBeGreaterThanOrEqual(beforeMs);
    expect(first).toBeLessThanOrEqual(nowMs() + CLOCKS_DIFFER_MS);
    await queues.send(queue, { n: 3 });
    expect(await queues.oldestSentAt(queue)).toBe(first);
    expect(await receive(queue)).toHaveLength(2);
    expect(await queues.oldestSentAt(queue)).toBeUndefined();
  });

  test('a message of 48 KiB arrives', async () => {
    const queue = uniqueName('queue');
    const message = { text: 'ü'.repeat((48 * 1024 - '{"text":""}'.length - 1) / 2) + 'x' };
    expect(Buffer.byteLength(JSON.stringify(message))).toBe(48 * 1024);
    await queues.send(queue, message);
    expect(await receive(queue)).toEqual([JSON.stringify(message)]);
  });

  test.each([
    ['a message of more than 48 KiB', { text: 'ü'.repeat(24 * 1024 - 5) }, {}],
    ['a message that expires before it is there', {}, { delayMs: 5_000, timeToLiveMs: 5_000 }],
    ['a message that has expired', {}, { timeToLiveMs: 0 }],
    ['a delay that is no number', {}, { delayMs: NaN }],
    ['a time to live that is no number', {}, { timeToLiveMs: NaN }],
    ['a time to live without end', {}, { timeToLiveMs: Infinity }],
  ])('%s is refused', async (_, message, options) => {
    const queue = uniqueName('queue');
    await expect(queues.send(queue, message, options)).rejects.toThrow(RangeError);
    expect(await queues.length(queue)).toBe(0);
  });

  test.each(['', 'ab', 'Upper', '-hyphen', 'hyphen-', 'two--hyphens', 'under_score', 'x'.repeat(64)])(
    'the queue name "%s" is refused',
    async (queue) => {
      await expect(queues.send(queue, {})).rejects.toThrow(RangeError);
      await expect(queues.length(queue)).rejects.toThrow(RangeError);
      await expect(queues.oldestSentAt(queue)).rejects.toThrow(RangeError);
    },
  );
}
