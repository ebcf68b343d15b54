import { describe, expect, test } from '@jest/globals';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { queuesContract } from '../contract/queues.contract.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';

const account = sharedAzurite();

describe('queues in Azurite', () => {
  queuesContract(() => {
    const clients = openStorageClients({ account });
    const receive = async (queue: string): Promise<string[]> => {
      const { receivedMessageItems } = await clients.queue(queue).receiveMessages({ numberOfMessages: 32 });
      await Promise.all(
        receivedMessageItems.map(({ messageId, popReceipt }) =>
          clients.queue(queue).deleteMessage(messageId, popReceipt),
        ),
      );
      return receivedMessageItems.map(({ messageText }) => Buffer.from(messageText, 'base64').toString());
    };
    return { queues: createAzureQueues({ clients }), receive, nowMs: Date.now };
  });
});

test.each([
  [{}, '0', '-1'],
  [{ delayMs: 1 }, '1', '-1'],
  [{ delayMs: 1_001, timeToLiveMs: 2_001 }, '2', '3'],
  [{ delayMs: Infinity }, String(7 * 24 * 3600), '-1'],
])('a message sent with %j is hidden for %s s and kept for %s s', async (options, hidden, kept) => {
  const proxy = await startStorageProxy(account);
  await createAzureQueues({ clients: openStorageClients({ account: proxy }) }).send(uniqueName('queue'), {}, options);
  await proxy.stop();
  const { searchParams } = proxy.requests.at(-1)?.url ?? new URL('none:');
  expect(searchParams.get('visibilitytimeout') ?? '0').toBe(hidden);
  expect(searchParams.get('messagettl')).toBe(kept);
});

test('sending, counting and peeking cost one request each, and two more when the queue is new', async () => {
  const counter = createRequestCounter();
  const queues = createAzureQueues({ clients: openStorageClients({ account, policyFor: counter.policyFor }) });
  const queue = uniqueName('queue');
  await queues.length(queue);
  await queues.send(queue, {});
  expect(counter.counts()).toEqual({ 'queues.length': 1, 'queues.send': 2, 'queues.createQueue': 1 });
  counter.reset();
  await queues.send(queue, {});
  await queues.length(queue);
  await queues.oldestSentAt(queue);
  expect(counter.counts()).toEqual({ 'queues.send': 1, 'queues.length': 1, 'queues.peek': 1 });
});

test('a message that breaks a limit costs no request', async () => {
  const counter = createRequestCounter();
  const queues = createAzureQueues({ clients: openStorageClients({ account, policyFor: counter.policyFor }) });
  await expect(queues.send(uniqueName('queue'), { text: 'x'.repeat(48 * 1024) })).rejects.toThrow(RangeError);
  expect(counter.total()).toBe(0);
});
