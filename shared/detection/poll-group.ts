import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

export interface PollGroupPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  readonly poll: (instanceId: string) => Promise<void>;
  /**
   * Limits the concurrent polls of this process. `take` waits for a permit and resolves with the
   * function that releases it, or with `undefined` when the process is stopping and starts no more
   * polls.
   */
  readonly permits: { take(instanceId: string): Promise<(() => void) | undefined> };
  /** Enqueues a message for these instances, so that they are polled again. */
  readonly pollAgain: (instanceIds: readonly [string, ...string[]]) => Promise<void>;
  /**
   * A poll that has not started this long after its message was received is skipped, because the
   * timer soon enqueues the next poll of the instance.
   */
  readonly startWithinMs: number;
}

/** The outcome of the poll of one instance. */
type PollOutcome =
  | { readonly kind: 'polled' | 'too-late' }
  | { readonly kind: 'not-started'; readonly instanceId: string }
  | { readonly kind: 'failed'; readonly instanceId: string; readonly error: unknown };

/**
 * Polls the instances of one message concurrently. A poll that hangs or fails does not affect the
 * others. Instances whose poll failed, or did not start because the process is stopping, are
 * enqueued again. Rejects only when every poll failed.
 */
export async function pollGroup(ports: PollGroupPorts, instanceIds: readonly string[]): Promise<void> {
  const receivedAtMs = ports.clock.now();
  const outcomes = await Promise.all(
    instanceIds.map(async (instanceId): Promise<PollOutcome> => {
      const release = await ports.permits.take(instanceId);
      if (release === undefined) return { kind: 'not-started', instanceId };
      try {
        if (ports.clock.now() - receivedAtMs > ports.startWithinMs) return { kind: 'too-late' };
        await ports.poll(instanceId);
        return { kind: 'polled' };
      } catch (error) {
        return { kind: 'failed', instanceId, error };
      } finally {
        release();
      }
    }),
  );
  const tooLate = outcomes.filter(({ kind }) => kind === 'too-late').length;
  if (tooLate > 0) ports.log.warn('polls.left-out', { instances: tooLate });
  const failed = outcomes.filter((outcome) => outcome.kind === 'failed');
  if (failed.length === instanceIds.length && failed[0]) throw failed[0].error;
  for (const { instanceId, error } of failed) {
    ports.log.error('poll.failed', { instanceId, reason: error instanceof Error ? error.message : String(error) });
  }
  const [first, ...others] = outcomes.flatMap((outcome) => ('instanceId' in outcome ? [outcome.instanceId] : []));
  if (first !== undefined) await ports.pollAgain([first, ...others]);
}
