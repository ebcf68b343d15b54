import { describe, expect, test } from '@jest/globals';
import { createAzureQueueDrain } from '../../shared/azure/azure-queue-drain.ts';
import { createAzureQueues } from '../../shared/azure/azure-queues.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { createMemoryQueueDrain } from '../../shared/storage/memory-queue-drain.ts';
import { createMemoryQueues } from '../../shared/storage/memory-queues.ts';
import { messageOf } from '../../shared/storage/queue-drain.ts';
import { queueDrainContract } from '../contract/queue-drain.contract.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { startStorageProxy } from '../helpers/storage-proxy.ts';

const account = sharedAzurite();

describe('draining queues in memory', () => {
  queueDrainContract(() => {
    const clock = { now: () => 1_000_000 };
    const queues = createMemoryQueues({ clock });
    return { queues, drain: createMemoryQueueDrain({ queues, clock }) };
  });
});

describe('draining queues in Azurite', () => {
  queueDrainContract(() => {
    const clients = openStorageClients({ account });
    return { queues: createAzureQueues({ clients }), drain: createAzureQueueDrain({ clients }) };
  });
});

test('messages are hidden for whole seconds, and 32 are asked for at a time', async () => {
  const proxy = await startStorageProxy(account);
  const clients = openStorageClients({ account: proxy });
  await createAzureQueueDrain({ clients }).receive(uniqueName('queue'), 1_001);
  await proxy.stop();
  const { searchParams } = proxy.requests.at(-1)?.url ?? new URL('none:');
  expect([searchParams.get('visibilitytimeout'), searchParams.get('numofmessages')]).toEqual(['2', '32']);
});

test('what is no message of ours is received without one', async () => {
  const clients = openStorageClients({ account });
  const queue = uniqueName('queue');
  await createAzureQueues({ clients }).send(queue, {});
  await clients.queue(queue).sendMessage('no base64 of JSON');
  const received = await createAzureQueueDrain({ clients }).receive(queue, 60_000);
  expect(received.map(({ message }) => message)).toEqual([{}, undefined]);
});

test.each(['', 'text', '"text"', '5', 'null', '[]', '{"a":'])('%j is no message', (json) => {
  expect(messageOf(json)).toBeUndefined();
});
