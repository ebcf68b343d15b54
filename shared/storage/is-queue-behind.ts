import type { Clock } from '../clock.ts';
import type { Queues } from './queues.ts';

/**
 * A queue is backlogged when its oldest visible message is older than this. The functions host
 * polls its queues once a second, so without a backlog no message waits this long.
 */
const BEHIND_MS = 30_000;

/**
 * Checks whether a queue is backlogged. If so, its messages are late, not lost. One storage
 * request.
 */
export async function isQueueBehind(
  { queues, clock }: { readonly queues: Pick<Queues, 'oldestSentAt'>; readonly clock: Pick<Clock, 'now'> },
  queue: string,
): Promise<boolean> {
  const oldest = await queues.oldestSentAt(queue);
  return oldest !== undefined && oldest < clock.now() - BEHIND_MS;
}
