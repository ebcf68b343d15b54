import { openTriggerQueue } from '../../sandbox/functions-host/trigger-queue.ts';
import { QUEUES, type DelayedMessage, type QueueName, type Worker } from './worker.ts';

interface HeldMessage extends DelayedMessage {
  readonly queue: QueueName;
  readonly id: string;
  readonly popReceipt: string;
  readonly dequeueCount: number;
}

/**
 * The functions host of a run: receives the real messages, keeps those that are delayed, hands the
 * others to a worker, deletes what was done and shows again what failed. Times are the test's.
 */
export interface QueueHost {
  /** Works all messages that are due, and those that come of them. */
  drain(worker: Worker, nowMs: number): Promise<void>;
  /** When the next message is due; Infinity when there is none. */
  nextDueMs(): number;
  /** Messages that failed as often as a bug does. */
  readonly poisoned: readonly string[];
}

/** As in host.json; here also the lease of a message whose worker died. */
const SHOWN_AGAIN_MS = 30_000;
const MAX_DEQUEUE_COUNT = 5;

/**
 * `connectionString` leads to storage itself, `deleting` may lead through a proxy at which
 * deletions fail.
 */
export function createQueueHost(options: { connectionString: string; deleting: string; prefix: string }): QueueHost {
  const { connectionString, deleting, prefix } = options;
  const receivers = QUEUES.map((queue) => [queue, openTriggerQueue(connectionString, prefix + queue)] as const);
  const removers = new Map(QUEUES.map((queue) => [queue, openTriggerQueue(deleting, prefix + queue)] as const));
  let held: HeldMessage[] = [];
  const poisoned: string[] = [];

  const receive = async (): Promise<void> => {
    for (const [queue, trigger] of receivers) {
      for (;;) {
        // Longer than a run: what is received is held here.
        const received = await again(() => trigger.receive(32, 3_600_000));
        for (const { id, popReceipt, text } of received) {
          const delayed = JSON.parse(Buffer.from(text, 'base64').toString()) as DelayedMessage;
          held.push({ ...delayed, queue, id, popReceipt, dequeueCount: 1 });
        }
        if (received.length < 32) break;
      }
    }
  };
  const showAgain = (message: HeldMessage, visibleAtMs: number): void => {
    if (message.dequeueCount >= MAX_DEQUEUE_COUNT) poisoned.push(JSON.stringify(message.message));
    else held.push({ ...message, dequeueCount: message.dequeueCount + 1, visibleAtMs });
  };
  const work = async (worker: Worker, message: HeldMessage, nowMs: number): Promise<void> => {
    const unlessDead = worker.died ? [worker.died] : [];
    try {
      await worker.handle(message.queue, message.message);
      await Promise.race([removers.get(message.queue)?.remove(message.id, message.popReceipt), ...unlessDead]);
    } catch {
      showAgain(message, nowMs + SHOWN_AGAIN_MS);
    }
  };

  return {
    poisoned,
    nextDueMs: () => Math.min(...held.map(({ visibleAtMs }) => visibleAtMs)),
    async drain(worker, nowMs) {
      for (;;) {
        await receive();
        const due = held.filter(({ visibleAtMs }) => visibleAtMs <= nowMs);
        if (due.length === 0) return;
        held = held.filter(({ visibleAtMs }) => visibleAtMs > nowMs);
        await Promise.all(due.map((message) => work(worker, message, nowMs)));
      }
    },
  };
}

/**
 * The queue's client repeats nothing, and Azurite closes idle connections in the moment in which
 * they are used.
 */
async function again<T>(request: () => Promise<T>): Promise<T> {
  return request()
    .catch(() => request())
    .catch(() => request());
}
