import type { QueueClient } from '@azure/storage-queue';
import { checkQueue, outgoingMessage, waitsSince } from '../storage/queue-limits.ts';
import type { OutgoingMessage } from '../storage/queue-limits.ts';
import type { Queues } from '../storage/queues.ts';
import type { StorageClients } from './storage-clients.ts';
import { failureCode, storageCall } from './storage-failure.ts';

/**
 * The service's value for a message that never expires
 * (learn.microsoft.com/rest/api/storageservices/put-message).
 */
const NEVER = -1;

/** Queues in Azure Queue Storage or Azurite. */
export function createAzureQueues({ clients }: { readonly clients: StorageClients }): Queues {
  const put = async (
    client: QueueClient,
    { json, delaySeconds, timeToLiveSeconds }: OutgoingMessage,
  ): Promise<void> => {
    await client.sendMessage(Buffer.from(json).toString('base64'), {
      visibilityTimeout: delaySeconds,
      messageTimeToLive: timeToLiveSeconds ?? NEVER,
      abortSignal: clients.deadline(),
    });
  };

  /**
   * Reads from a queue. Returns `otherwise` if the queue does not exist, because no message has
   * been sent to it yet.
   */
  const readQueue = async <T>(call: string, queue: string, otherwise: T, read: (client: QueueClient) => Promise<T>) => {
    checkQueue(queue);
    return storageCall(`queues.${call} ${queue}`, async () => {
      try {
        return await read(clients.queue(queue));
      } catch (error) {
        if (failureCode(error) === 'QueueNotFound') return otherwise;
        throw error;
      }
    });
  };

  return {
    async send(queue, message, options = {}) {
      checkQueue(queue);
      const outgoing = outgoingMessage(message, options);
      await storageCall(`queues.send ${queue}`, async () => {
        const client = clients.queue(queue);
        try {
          await put(client, outgoing);
        } catch (error) {
          if (failureCode(error) !== 'QueueNotFound') throw error;
          await client.createIfNotExists({ abortSignal: clients.deadline() });
          await put(client, outgoing);
        }
      });
    },

    length: (queue) =>
      readQueue('length', queue, 0, async (client) => {
        const properties = await client.getProperties({ abortSignal: clients.deadline() });
        return properties.approximateMessagesCount ?? 0;
      }),

    // Queue Storage promises no order, so the first message is only approximately the oldest.
    oldestSentAt: (queue) =>
      readQueue('peek', queue, undefined, async (client) => {
        const { peekedMessageItems } = await client.peekMessages({ abortSignal: clients.deadline() });
        const first = peekedMessageItems[0];
        // A delayed message counts from its due time.
        return first && waitsSince(first.insertedOn.getTime(), bodyOf(first.messageText));
      }),
  };
}

/** `undefined` when the text is not a message of this app. */
function bodyOf(messageText: string): unknown {
  try {
    return JSON.parse(Buffer.from(messageText, 'base64').toString());
  } catch {
    return undefined;
  }
}
