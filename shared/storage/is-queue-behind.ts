import type { Clock } from '../clock.ts';
import type { Queues } from './queues.ts';

/** Whether the first visible message of a queue waits for longer than `byMs`: then messages are late, not lost. One storage request. */
export async function isQueueBehind(
  { queues, clock }: { readonly queues: Pick<Queues, 'oldestSentAt'>; readonly clock: Pick<Clock, 'now'> },
  queue: string,
  byMs: number,
): Promise<boolean> {
  const oldest = await queues.oldestSentAt(queue);
  return oldest !== undefined && oldest < clock.now() - byMs;
}
