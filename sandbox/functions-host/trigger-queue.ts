import { QueueClient, RestError } from '@azure/storage-queue';
import type { ReceivedMessage } from './queue-message.ts';

/** A message's hold on itself: still ours, under a new receipt, or taken by someone else, deleted or expired. */
export type Hold = { readonly kind: 'held'; readonly popReceipt: string } | { readonly kind: 'lost' };

/** The queue of a trigger. Every method is one or two storage requests, and rejects when storage does not answer. */
export interface TriggerQueue {
  readonly name: string;
  /** Up to `count` messages, which nobody else sees for `leaseMs`. Nothing when the queue does not exist. */
  receive(count: number, leaseMs: number): Promise<ReceivedMessage[]>;
  /** Makes a message invisible for `ms` from now; 0 gives it back at once. */
  hide(id: string, popReceipt: string, ms: number): Promise<Hold>;
  /** Removes a message. Nothing happens when it is no longer ours. */
  remove(id: string, popReceipt: string): Promise<void>;
  /** Puts a copy into the poison queue, which is created when there is none. */
  sendToPoison(text: string): Promise<void>;
}

/** A trigger queue whose name ends like this has no poison queue of its own. */
export const POISON_SUFFIX = '-poison';

/**
 * No retries inside the SDK: it would wait 4 s before the second try, and who calls this has a better plan for every one
 * of the requests (look again later, or let the message reappear).
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

/** The answer, or undefined when the request was refused in the expected way. */
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
