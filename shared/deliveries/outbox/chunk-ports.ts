import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { Queues } from '../../storage/queues.ts';
import type { ActivatePorts } from '../../subscriptions/activate.ts';
import type { ActivityStore } from '../records/activity-store.ts';
import type { AttemptPorts } from '../attempt/attempt.ts';
import type { TargetPorts } from '../attempt/target.ts';
import type { EffectPorts } from '../subscription/subscription-effects.ts';

/** The ports that fan-out, chunks and retries need. */
export interface ChunkPorts extends ActivatePorts, AttemptPorts, EffectPorts, Pick<TargetPorts, 'isAllowed'> {
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Aborted when the process is stopping. From then on, no attempt starts, and unfinished chunks
   * are enqueued.
   */
  readonly stopping?: AbortSignal | undefined;
  /** How long a claim holds unless it is renewed. */
  readonly claimMs: number;
  /** Delay before each retry, in seconds. */
  readonly scheduleSeconds: readonly number[];
}
