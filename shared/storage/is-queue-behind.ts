import type { Clock } from '../clock.ts';
import type { Queues } from './queues.ts';

/**
 * A queue is behind when its oldest visible message is older than this. Listeners poll the queue
 * once a second.
 */
const BEHIND_MS = 30_000;

/** Whether a queue is behind. Its messages are then late and not lost. One storage request. */
export async function isQueueBehind(
  { queues, clock }: { readonly queues: Pick<Queues, 'oldestSentAt'>; readonly clock: Pick<Clock, 'now'> },
  queue: string,
): Promise<boolean> {
  const oldest = await queues.oldestSentAt(queue);
  return oldest !== undefined && oldest < clock.now() - BEHIND_MS;
}
