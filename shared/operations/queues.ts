import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../deliveries/messages.ts';
import type { Log } from '../log.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { QueueDrain } from '../storage/queue-drain.ts';
import type { Queues } from '../storage/queues.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

const WORK_QUEUES = [POLLS_QUEUE, DELIVERIES_QUEUE, RETRIES_QUEUE] as const;

export interface QueueView {
  readonly queue: string;
  /** About how many messages there are, delayed ones too. */
  readonly length: number;
  /** Messages that failed five times: our own bugs. */
  readonly poisonLength: number;
  /** When the message was sent that waits for longest, of those that are due; a delayed one may have been sent long ago. */
  readonly oldestSentAt?: string;
  /** The same of the poison queue. */
  readonly poisonOldestSentAt?: string;
}

/** The queues that the workers work on. Four storage requests for each. */
export async function viewQueues({ queues }: { readonly queues: Queues }): Promise<QueueView[]> {
  return Promise.all(
    WORK_QUEUES.map(async (queue) => {
      const [length, oldest, poisonLength, poisonOldest] = await Promise.all([
        queues.length(queue),
        queues.oldestSentAt(queue),
        queues.length(poisonOf(queue)),
        queues.oldestSentAt(poisonOf(queue)),
      ]);
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

/** Messages that one call puts back, in receipts of 32. */
const MAX_RECEIPTS = 32;
/** Long enough to put back what was received; then what was not is seen again. */
const LEASE_MS = 60_000;

/**
 * Puts the messages of a poison queue back where they failed. Each is sent before it is deleted: broken off in between, it is there
 * twice, which every worker bears. One that is no message at all stays.
 */
export async function redrive(
  { queues, queueDrain }: { readonly queues: Queues; readonly queueDrain: QueueDrain },
  queue: string,
): Promise<{ kind: 'redriven'; redriven: number } | Refusal> {
  const known = WORK_QUEUES.find((one) => one === queue);
  if (known === undefined) return refusal('queue-unknown', `There are these queues: ${WORK_QUEUES.join(', ')}.`);
  let redriven = 0;
  for (let receipts = 0; receipts < MAX_RECEIPTS; receipts++) {
    const received = await queueDrain.receive(poisonOf(known), LEASE_MS);
    if (received.length === 0) break;
    await Promise.all(
      received.map(async (one) => {
        if (one.message === undefined) return;
        await queues.send(known, one.message);
        await queueDrain.delete(poisonOf(known), one);
        redriven += 1;
      }),
    );
  }
  return { kind: 'redriven', redriven };
}

/** Measures the queues, and tells of each poison queue that is not empty in a line: what an alert can be set on. */
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

/** The functions host's name for where messages go that failed (learn.microsoft.com/azure/azure-functions, queue trigger). */
function poisonOf(queue: string): string {
  return `${queue}-poison`;
}
