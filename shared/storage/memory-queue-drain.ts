import type { Clock } from '../clock.ts';
import type { MemoryQueues } from './memory-queues.ts';
import { MAX_RECEIVED, messageOf, type QueueDrain, type ReceivedMessage } from './queue-drain.ts';
import { toPromise } from './to-promise.ts';

/** The receiving side of the in-memory queues. */
export function createMemoryQueueDrain(ports: {
  readonly queues: MemoryQueues;
  readonly clock: Pick<Clock, 'now'>;
}): QueueDrain {
  const { queues, clock } = ports;
  return {
    receive: (queue, leaseMs) =>
      toPromise(() => {
        const received: ReceivedMessage[] = [];
        while (received.length < MAX_RECEIVED) {
          const found = queues.receive(queue, clock.now(), Math.ceil(leaseMs / 1000) * 1000);
          if (found === undefined) break;
          const { id, message, receipt } = found;
          received.push({ id, message: messageOf(JSON.stringify(message)), receipt });
        }
        return received;
      }),
    delete: (queue, received) => toPromise(() => void queues.delete(queue, received)),
  };
}
