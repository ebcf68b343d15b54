import { checkQueue } from '../storage/queue-limits.ts';
import { MAX_RECEIVED, messageOf, type QueueDrain } from '../storage/queue-drain.ts';
import type { StorageClients } from './storage-clients.ts';
import { failureCode, storageCall } from './storage-failure.ts';

/**
 * The service's error codes for a message that no longer exists or that another receiver has
 * received since.
 */
const GONE = new Set(['MessageNotFound', 'PopReceiptMismatch', 'QueueNotFound']);

/** The receiving side of queues in Azure Queue Storage or Azurite. */
export function createAzureQueueDrain({ clients }: { readonly clients: StorageClients }): QueueDrain {
  return {
    async receive(queue, leaseMs) {
      checkQueue(queue);
      return storageCall(`queues.receive ${queue}`, async () => {
        try {
          const { receivedMessageItems } = await clients.queue(queue).receiveMessages({
            numberOfMessages: MAX_RECEIVED,
            visibilityTimeout: Math.ceil(leaseMs / 1000),
            abortSignal: clients.deadline(),
          });
          return receivedMessageItems.map(({ messageId, popReceipt, messageText }) => ({
            id: messageId,
            receipt: popReceipt,
            message: messageOf(Buffer.from(messageText, 'base64').toString()),
          }));
        } catch (error) {
          if (failureCode(error) === 'QueueNotFound') return [];
          throw error;
        }
      });
    },

    async delete(queue, { id, receipt }) {
      checkQueue(queue);
      await storageCall(`queues.delete ${queue}`, async () => {
        try {
          await clients.queue(queue).deleteMessage(id, receipt, { abortSignal: clients.deadline() });
        } catch (error) {
          if (!GONE.has(failureCode(error) ?? '')) throw error;
        }
      });
    },
  };
}
