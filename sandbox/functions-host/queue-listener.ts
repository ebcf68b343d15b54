import type { Random } from '../../shared/random.ts';
import { handleMessage } from './handle-message.ts';
import type { MessageDependencies } from './handle-message.ts';
import { summarizeError } from './host-log.ts';
import type { WorkInHand } from './work-in-hand.ts';

/** The first pause after a queue was found empty, and what the following ones grow by. */
const FIRST_PAUSE_MS = 100;

/**
 * Works the messages of one queue until `signal` is aborted: takes a batch, and the next one when no more than
 * `newBatchThreshold` messages are in hand; an empty or missing queue, or one whose storage fails, is left alone for ever
 * longer. What was received is in `work` until it is settled. Never rejects.
 */
export async function listenToQueue(
  dependencies: MessageDependencies & { random: Random; work: WorkInHand; signal: AbortSignal },
): Promise<void> {
  const { queue, settings, leaseMs, clock, log, random, work, signal } = dependencies;
  const inHand = new Set<Promise<void>>();
  let failing = false;

  async function takeBatch(): Promise<number> {
    try {
      const messages = await queue.receive(settings.batchSize, leaseMs);
      if (failing) log('information', 'host', `Queue '${queue.name}' can be read again.`);
      failing = false;
      for (const message of messages) {
        const handled: Promise<void> = work
          .track(handleMessage(dependencies, message))
          .finally(() => inHand.delete(handled));
        inHand.add(handled);
      }
      return messages.length;
    } catch (error) {
      if (!failing) log('error', 'host', `Queue '${queue.name}' cannot be read, trying on: ${summarizeError(error)}`);
      failing = true;
      return 0;
    }
  }

  let emptyLooks = 0;
  while (!signal.aborted) {
    // A receive is never cut off: messages in an answer nobody reads would be invisible for their whole lease.
    const taken = await work.track(takeBatch());
    if (taken > 0) {
      emptyLooks = 0;
      while (inHand.size > settings.newBatchThreshold) await Promise.race(inHand);
    } else {
      const pauseMs = pollPause(emptyLooks, settings.maxPollingIntervalMs, random.fraction());
      emptyLooks++;
      await clock.sleep(pauseMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}

/**
 * The pause in ms after a queue was found empty for the (`emptyLooks` + 1)th time in a row: 100 ms, then growing by a
 * doubling amount with ±20 % of jitter (`fraction` in [0, 1)), up to `maxMs`.
 */
export function pollPause(emptyLooks: number, maxMs: number, fraction: number): number {
  const growth = emptyLooks === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (emptyLooks - 1) * (0.8 + 0.4 * fraction);
  return Math.min(maxMs, FIRST_PAUSE_MS + growth);
}
