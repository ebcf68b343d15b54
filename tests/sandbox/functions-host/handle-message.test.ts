import { describe, expect, test } from '@jest/globals';
import { handleMessage } from '../../../sandbox/functions-host/handle-message.ts';
import { holdMessage } from '../../../sandbox/functions-host/message-lease.ts';
import type { Hold, TriggerQueue } from '../../../sandbox/functions-host/trigger-queue.ts';
import type { Clock } from '../../../shared/clock.ts';
import { fakeMessage, fakeQueue } from './fake-queue.ts';
import { rushingClock } from './rushing-clock.ts';

/** Holds a message while the queue answers its renewals like this; the last answer is "lost". */
async function hold(leaseMs: number, answers: ('held' | 'down')[]) {
  const clock = rushingClock(0);
  const renewals: { at: number; popReceipt: string }[] = [];
  const lost = Promise.withResolvers<undefined>();
  const queue = fakeQueue({
    hide: (_, popReceipt) => {
      renewals.push({ at: clock.now(), popReceipt });
      const answer = answers.shift();
      if (answer === 'down') return Promise.reject(new Error('storage is down'));
      if (answer === 'held') return Promise.resolve<Hold>({ kind: 'held', popReceipt: `receipt ${renewals.length}` });
      lost.resolve(undefined);
      return Promise.resolve<Hold>({ kind: 'lost' });
    },
  });
  const lease = holdMessage({ queue, message: fakeMessage(), leaseMs, clock, log: () => undefined });
  await lost.promise;
  return { renewals, popReceipt: await lease.end() };
}

describe('the lease of a message', () => {
  test('is renewed at half time, each time with the newest receipt, until the message is lost', async () => {
    const { renewals, popReceipt } = await hold(600_000, ['held', 'held']);
    expect(renewals).toEqual([
      { at: 300_000, popReceipt: 'first' },
      { at: 600_000, popReceipt: 'receipt 1' },
      { at: 900_000, popReceipt: 'receipt 2' },
    ]);
    expect(popReceipt).toBe('receipt 2');
  });

  test('is tried again after half the time when storage fails, at most once a minute, and before it is over', async () => {
    const { renewals } = await hold(600_000, ['down', 'down', 'down', 'down', 'held']);
    expect(renewals.map(({ at }) => at / 1000)).toEqual([300, 450, 525, 585, 645, 945]);
  });
});

/** Wakes no renewal: only how the handling of a message ends is of interest. */
const neverWakingClock: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((__, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error));
    }),
};

describe('a message', () => {
  const settings = {
    batchSize: 16,
    newBatchThreshold: 8,
    maxPollingIntervalMs: 1000,
    maxDequeueCount: 5,
    visibilityTimeoutMs: 30_000,
    messageEncoding: 'base64',
  } as const;

  /**
   * Handles a message of text "x" whose function fails; gives what the queue was asked and what was
   * logged.
   */
  async function handle(dequeueCount: number, answers: Partial<TriggerQueue> = {}, text = 'eA==') {
    const asked: string[] = [];
    const record = (name: keyof TriggerQueue, answer: unknown) => {
      return (...args: unknown[]) => {
        asked.push([name, ...args].join(' '));
        return Promise.resolve(answer) as Promise<never>;
      };
    };
    await handleMessage(
      {
        queue: fakeQueue({
          hide: record('hide', { kind: 'held', popReceipt: 'second' }),
          remove: record('remove', undefined),
          sendToPoison: record('sendToPoison', undefined),
          ...answers,
        }),
        settings,
        leaseMs: 600_000,
        clock: neverWakingClock,
        log: (_, __, text) => asked.push(text),
        invoke: () => {
          asked.push('invoke');
          return Promise.resolve({ kind: 'failed' });
        },
      },
      fakeMessage({ text, dequeueCount }),
    );
    return asked;
  }

  test('that failed is given back, to be visible after visibilityTimeout', async () => {
    expect(await handle(4)).toEqual(['invoke', 'hide m1 first 30000']);
  });

  test('that was tried more often than allowed, because its host died each time, is moved without a further try', async () => {
    const log = `Message has reached MaxDequeueCount of 5. Moving message to queue 'fake-poison'.`;
    expect(await handle(6)).toEqual([log, 'sendToPoison eA==', 'remove m1 first']);
    expect(await handle(5)).toEqual(['invoke', log, 'sendToPoison eA==', 'remove m1 first']);
  });

  test('that could not be copied to the poison queue is not removed', async () => {
    const asked = await handle(5, { sendToPoison: () => Promise.reject(new Error('storage is down')) });
    expect(asked.at(-1)).toBe(`Could not complete message 'm1' of queue 'fake': Error storage is down`);
  });

  test('of a poison queue is neither given back nor moved anywhere', async () => {
    expect(await handle(1, { name: 'work-poison' })).toEqual(['invoke']);
    expect(await handle(5, { name: 'work-poison' })).toEqual(['invoke']);
    expect(await handle(6, { name: 'work-poison' })).toEqual([]);
    expect(await handle(1, { name: 'work-poison' }, 'no base64!')).toEqual([]);
  });
});
