import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../deliveries/messages.ts';
import type { Log } from '../log.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { QueueDrain } from '../storage/queue-drain.ts';
import type { Queues } from '../storage/queues.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

const WORK_QUEUES = [POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE] as const;

/** The state of a work queue and its poison queue. */
export interface QueueView {
  readonly queue: string;
  /** The approximate number of messages, including delayed ones. */
  readonly length: number;
  /**
   * The number of messages in the poison queue. They failed five times, each because of a bug in
   * this app.
   */
  readonly poisonLength: number;
  /**
   * When the oldest due message was sent. A delayed message may have been sent long before it
   * became due.
   */
  readonly oldestSentAt?: string;
  /** When the oldest message of the poison queue was sent. */
  readonly poisonOldestSentAt?: string;
}

/**
 * Reads the state of the work queues and their poison queues. Makes one storage request for each
 * queue, and one more for each that is not empty.
 */
export async function viewQueues({ queues }: { readonly queues: Queues }): Promise<QueueView[]> {
  return Promise.all(
    WORK_QUEUES.map(async (queue) => {
      const read = async (name: string): Promise<[length: number, oldestSentAt: number | undefined]> => {
        const length = await queues.length(name);
        return [length, length === 0 ? undefined : await queues.oldestSentAt(name)];
      };
      const [[length, oldest], [poisonLength, poisonOldest]] = await Promise.all([read(queue), read(poisonOf(queue))]);
      return {
        queue,
        length,
        poisonLength,
        ...(oldest !== undefined && { oldestSentAt: new Date(oldest).toISOString() }),
        ...(poisonOldest !== undefined && { poisonOldestSentAt: new Date(poisonOldest).toISOString() }),
      };
    }),
  );
}

/** The maximum number of batches of 32 messages that one call moves. */
const MAX_BATCHES = 32;
/**
 * Visibility timeout of the received messages. Messages that were not moved become visible again
 * afterwards.
 */
const VISIBILITY_TIMEOUT_MS = 60_000;

/**
 * Moves the messages of a poison queue back to the work queue. Each message is sent before it is
 * deleted, so a crash in between duplicates the message. Every worker tolerates duplicates. A
 * message that cannot be parsed stays in the poison queue.
 */
export async function redrive(
  { queues, queueDrain }: { readonly queues: Queues; readonly queueDrain: QueueDrain },
  queue: string,
): Promise<{ kind: 'redriven'; redriven: number } | Refusal> {
  const workQueue = WORK_QUEUES.find((name) => name === queue);
  if (workQueue === undefined) return refusal('queue-unknown', `The queue must be one of ${WORK_QUEUES.join(', ')}.`);
  let redriven = 0;
  for (let batches = 0; batches < MAX_BATCHES; batches++) {
    const received = await queueDrain.receive(poisonOf(workQueue), VISIBILITY_TIMEOUT_MS);
    if (received.length === 0) break;
    await Promise.all(
      received.map(async (poisoned) => {
        if (poisoned.message === undefined) return;
        await queues.send(workQueue, poisoned.message);
        await queueDrain.delete(poisonOf(workQueue), poisoned);
        redriven += 1;
      }),
    );
  }
  return { kind: 'redriven', redriven };
}

/**
 * Records metrics of the queues, and logs a warning for each poison queue that is not empty. Alerts
 * use this log event.
 */
export async function reportQueues({
  queues,
  log,
  telemetry,
}: {
  readonly queues: Queues;
  readonly log: Log;
  readonly telemetry: Telemetry;
}): Promise<void> {
  for (const queue of WORK_QUEUES) {
    const by = { 'messaging.destination.name': queue };
    if (telemetry.isOn) telemetry.record('triggers.queue.length', await queues.length(queue), by);
    const poisonLength = await queues.length(poisonOf(queue));
    telemetry.record('triggers.queue.poison', poisonLength, by);
    if (poisonLength > 0) log.warn('queue.poisoned', { queue, messages: poisonLength });
  }
}

/**
 * The name that the Functions host gives to a poison queue
 * (learn.microsoft.com/azure/azure-functions, queue trigger).
 */
function poisonOf(queue: string): string {
  return `${queue}-poison`;
}
