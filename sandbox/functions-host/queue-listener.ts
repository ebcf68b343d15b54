import type { Random } from '../../shared/random.ts';
import { handleMessage } from './handle-message.ts';
import type { MessageDependencies } from './handle-message.ts';
import { summarizeError } from './host-log.ts';
import type { WorkInHand } from './work-in-hand.ts';

/** The first pause after an empty receive, and the unit by which later pauses grow. */
const FIRST_PAUSE_MS = 100;

/**
 * Processes the messages of one queue until `signal` is aborted. Receives a batch, and the next
 * batch when at most `newBatchThreshold` messages are in progress. The pauses grow while the queue
 * is empty or missing or storage fails. Received messages are in `work` until they are finished.
 * Never rejects.
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
      if (!failing)
        log('error', 'host', `Queue '${queue.name}' cannot be read and is tried again: ${summarizeError(error)}`);
      failing = true;
      return 0;
    }
  }

  let emptyPolls = 0;
  while (!signal.aborted) {
    // A receive is never cancelled, because the messages in an unread response would be invisible
    // for their whole lease.
    const taken = await work.track(takeBatch());
    if (taken > 0) {
      emptyPolls = 0;
      while (inHand.size > settings.newBatchThreshold) await Promise.race(inHand);
    } else {
      const pauseMs = pollPause(emptyPolls, settings.maxPollingIntervalMs, random.fraction());
      emptyPolls++;
      await clock.sleep(pauseMs, signal).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    }
  }
}

/**
 * The pause in ms after the (`emptyPolls` + 1)th empty receive in a row: 100 ms, then growing by a
 * doubling amount with ±20 % of jitter (`fraction` in [0, 1)), up to `maxMs`.
 */
export function pollPause(emptyPolls: number, maxMs: number, fraction: number): number {
  const growth = emptyPolls === 0 ? 0 : FIRST_PAUSE_MS * 2 ** (emptyPolls - 1) * (0.8 + 0.4 * fraction);
  return Math.min(maxMs, FIRST_PAUSE_MS + growth);
}
