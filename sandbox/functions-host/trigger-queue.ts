import { QueueClient, RestError } from '@azure/storage-queue';
import type { ReceivedMessage } from './queue-message.ts';

/**
 * The state of a received message: still held by this host, under a new receipt, or lost because
 * another receiver took it, it was deleted or it expired.
 */
export type Hold = { readonly kind: 'held'; readonly popReceipt: string } | { readonly kind: 'lost' };

/**
 * The queue of a trigger. Every method sends one or two storage requests and rejects when storage
 * does not respond.
 */
export interface TriggerQueue {
  readonly name: string;
  /**
   * Receives up to `count` messages and hides them from others for `leaseMs`. Returns none when the
   * queue does not exist.
   */
  receive(count: number, leaseMs: number): Promise<ReceivedMessage[]>;
  /** Hides a message for `ms` from now. 0 makes it visible immediately. */
  hide(id: string, popReceipt: string, ms: number): Promise<Hold>;
  /** Deletes a message. Does nothing when this host no longer holds the message. */
  remove(id: string, popReceipt: string): Promise<void>;
  /** Sends a copy to the poison queue and creates the queue when it is missing. */
  sendToPoison(text: string): Promise<void>;
}

/** A trigger queue with this suffix has no poison queue. */
export const POISON_SUFFIX = '-poison';

/**
 * Without retries of the SDK, which would wait 4 s before the second try. The callers handle
 * failures better themselves: they poll again later or let the message reappear.
 */
const clientOptions = { retryOptions: { maxTries: 1, tryTimeoutInMs: 30_000 } };

export function openTriggerQueue(connectionString: string, name: string): TriggerQueue {
  const queue = new QueueClient(connectionString, name, clientOptions);
  const poison = new QueueClient(connectionString, name + POISON_SUFFIX, clientOptions);
  return {
    name,
    receive: async (count, leaseMs) => {
      const answer = await unless(isMissingQueue, () =>
        queue.receiveMessages({ numberOfMessages: count, visibilityTimeout: seconds(leaseMs) }),
      );
      return (answer?.receivedMessageItems ?? []).map((item) => ({
        id: item.messageId,
        popReceipt: item.popReceipt,
        text: item.messageText,
        dequeueCount: item.dequeueCount,
        insertedAt: item.insertedOn,
        expiresAt: item.expiresOn,
        nextVisibleAt: item.nextVisibleOn,
      }));
    },
    hide: async (id, popReceipt, ms) => {
      const answer = await unless(isLost, () => queue.updateMessage(id, popReceipt, undefined, seconds(ms)));
      return answer?.popReceipt === undefined ? { kind: 'lost' } : { kind: 'held', popReceipt: answer.popReceipt };
    },
    remove: async (id, popReceipt) => {
      await unless(isLost, () => queue.deleteMessage(id, popReceipt));
    },
    sendToPoison: async (text) => {
      const sent = await unless(isMissingQueue, () => poison.sendMessage(text));
      if (sent) return;
      await poison.createIfNotExists();
      await poison.sendMessage(text);
    },
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** The response, `undefined` when the request was refused with the expected error. */
async function unless<T>(expected: (error: RestError) => boolean, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof RestError && expected(error)) return undefined;
    throw error;
  }
}

function isMissingQueue(error: RestError): boolean {
  return error.statusCode === 404;
}

/** Error codes: learn.microsoft.com/rest/api/storageservices/queue-service-error-codes. */
function isLost(error: RestError): boolean {
  return error.statusCode === 404 || error.code === 'PopReceiptMismatch';
}
