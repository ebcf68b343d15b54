import { describe, expect, test } from '@jest/globals';
import { listenToQueue, pollPause } from '../../../sandbox/functions-host/queue-listener.ts';
import { createWorkInHand } from '../../../sandbox/functions-host/work-in-hand.ts';
import { systemRandom } from '../../../shared/random.ts';
import { fakeMessage, fakeQueue } from './fake-queue.ts';
import { rushingClock } from './rushing-clock.ts';

test('the pause before an empty queue is polled again doubles from 100 ms, with a fifth of jitter, up to the longest', () => {
  const pauses = (fraction: number) => [0, 1, 2, 3, 4, 5, 10].map((polls) => pollPause(polls, 2000, fraction));
  expect(pauses(0.5)).toEqual([100, 200, 300, 500, 900, 1700, 2000]);
  expect(pauses(0)[3]).toBeCloseTo(100 + 400 * 0.8);
  expect(pauses(1)[3]).toBeCloseTo(100 + 400 * 1.2);
});

describe('a queue listener', () => {
  test('survives storage that fails, says so once, and begins again with short pauses after a message', async () => {
    const clock = rushingClock(0);
    const stop = new AbortController();
    const log: string[] = [];
    const message = fakeMessage();
    // Nothing, three failures, a message, nothing.
    const polls = [[], 'down', 'down', 'down', [message], [], 'stop'];
    const queue = fakeQueue({
      receive: () => {
        const poll = polls.shift();
        if (poll === 'stop') stop.abort();
        if (poll === 'down') return Promise.reject(new Error('storage is down'));
        return Promise.resolve(Array.isArray(poll) ? poll : []);
      },
    });
    const run: string[] = [];
    await listenToQueue({
      queue,
      clock,
      leaseMs: 600_000,
      settings: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxPollingIntervalMs: 60_000,
        maxDequeueCount: 5,
        visibilityTimeoutMs: 0,
        messageEncoding: 'none',
      },
      random: { ...systemRandom, fraction: () => 0.5 },
      work: createWorkInHand(),
      signal: stop.signal,
      log: (level, _, text) => log.push(`${level} ${text}`),
      invoke: (_, text) => {
        run.push(text);
        return Promise.resolve({ kind: 'succeeded', value: undefined });
      },
    });
    expect(run).toEqual([message.text]);
    expect(clock.sleeps.filter((ms) => ms !== 300_000)).toEqual([100, 200, 300, 500, 100]);
    expect(log).toEqual([
      `error Queue 'fake' cannot be read and is tried again: Error storage is down`,
      `information Queue 'fake' can be read again.`,
    ]);
  });
});
