import type { Clock } from '../clock.ts';
import type { Queues } from './queues.ts';

/** A queue whose oldest visible message waits for longer is behind: a listener looks once a second. */
const BEHIND_MS = 30_000;

/** Whether the first visible message of a queue waits for too long: then messages are late, not lost. One storage request. */
export async function isQueueBehind(
  { queues, clock }: { readonly queues: Pick<Queues, 'oldestSentAt'>; readonly clock: Pick<Clock, 'now'> },
  queue: string,
): Promise<boolean> {
  const oldest = await queues.oldestSentAt(queue);
  return oldest !== undefined && oldest < clock.now() - BEHIND_MS;
}
