import type { Clock } from '../../shared/clock.ts';
import { summarizeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';
import type { ReceivedMessage } from './queue-message.ts';
import type { TriggerQueue } from './trigger-queue.ts';

/** Keeps a message invisible while it is processed. */
export interface MessageLease {
  /** Ends the renewals and resolves with the current receipt. */
  end(): Promise<string>;
}

/** Each failed renewal halves the pause before the next try, down to this. */
const SHORTEST_PAUSE_MS = 60_000;

/**
 * Renews the lease of a received message at half time until `end` is called or another receiver has
 * the message.
 */
export function holdMessage(options: {
  queue: TriggerQueue;
  message: ReceivedMessage;
  leaseMs: number;
  clock: Clock;
  log: HostLog;
}): MessageLease {
  const { queue, message, leaseMs, clock, log } = options;
  const ended = new AbortController();
  let popReceipt = message.popReceipt;

  async function renew(): Promise<void> {
    let pauseMs = leaseMs / 2;
    while (await pause(clock, pauseMs, ended.signal)) {
      try {
        const hold = await queue.hide(message.id, popReceipt, leaseMs);
        if (hold.kind === 'lost') return;
        popReceipt = hold.popReceipt;
        pauseMs = leaseMs / 2;
      } catch (error) {
        log('warning', 'host', `Could not renew the lease of message '${message.id}': ${summarizeError(error)}`);
        pauseMs = Math.max(pauseMs / 2, Math.min(SHORTEST_PAUSE_MS, leaseMs / 10));
      }
    }
  }

  const renewing = renew();
  return {
    end: async () => {
      ended.abort();
      await renewing;
      return popReceipt;
    },
  };
}

/** False when the lease has ended meanwhile. */
async function pause(clock: Clock, ms: number, ended: AbortSignal): Promise<boolean> {
  try {
    await clock.sleep(ms, ended);
    return true;
  } catch (error) {
    if (ended.aborted) return false;
    throw error;
  }
}
