import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

export interface PollGroupPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly poll: (instanceId: string) => Promise<void>;
  /** Waits for one of the places that the polls of a process share; resolves with the function that gives it back. `undefined`: this process begins no more. */
  readonly permits: { take(instanceId: string): Promise<(() => void) | undefined> };
  /** Has these polled again, by a message of their own. */
  readonly pollAgain: (instanceIds: readonly [string, ...string[]]) => Promise<void>;
  /** A poll that has not begun by then is left to the next firing of the timer. */
  readonly beginWithinMs: number;
}

/** What came of the poll of one instance. */
type PollEnd =
  | { readonly kind: 'polled' | 'left-out' }
  | { readonly kind: 'handed-over'; readonly instanceId: string }
  | { readonly kind: 'failed'; readonly instanceId: string; readonly error: unknown };

/**
 * Polls the instances of one message side by side: one that hangs or fails holds up and fails no other. Those that failed, and
 * those that a process which is about to end did not begin, get a message of their own; rejects only when there is no instance that did not fail.
 */
export async function pollGroup(ports: PollGroupPorts, instanceIds: readonly string[]): Promise<void> {
  const receivedAtMs = ports.clock.now();
  const ends = await Promise.all(
    instanceIds.map(async (instanceId): Promise<PollEnd> => {
      const giveBack = await ports.permits.take(instanceId);
      if (giveBack === undefined) return { kind: 'handed-over', instanceId };
      try {
        if (ports.clock.now() - receivedAtMs > ports.beginWithinMs) return { kind: 'left-out' };
        await ports.poll(instanceId);
        return { kind: 'polled' };
      } catch (error) {
        return { kind: 'failed', instanceId, error };
      } finally {
        giveBack();
      }
    }),
  );
  const leftOut = ends.filter(({ kind }) => kind === 'left-out').length;
  if (leftOut > 0) ports.log.warn('polls.left-out', { instances: leftOut });
  const failed = ends.filter((end) => end.kind === 'failed');
  if (failed.length === instanceIds.length && failed[0]) throw failed[0].error;
  for (const { instanceId, error } of failed) {
    ports.log.error('poll.failed', { instanceId, reason: error instanceof Error ? error.message : String(error) });
  }
  const [first, ...others] = ends.flatMap((end) => ('instanceId' in end ? [end.instanceId] : []));
  if (first !== undefined) await ports.pollAgain([first, ...others]);
}
