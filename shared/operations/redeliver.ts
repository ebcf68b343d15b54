import { instanceNotAllowed } from '../allowed-instances.ts';
import type { ActivityStore } from '../deliveries/activity-store.ts';
import { lookUpTarget, type TargetPorts } from '../deliveries/target.ts';
import { sendRetry, type Trouble } from '../deliveries/trouble.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Queues } from '../storage/queues.ts';
import { findDelivery, type FoundDelivery } from './find-delivery.ts';

export interface RedeliverPorts extends TargetPorts {
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
}

/** A message goes out before the row that names it is in, and must not be faster. */
export const ROW_COMES_MS = 2_000;
/** Somebody else changing the same row this often in a row is a storm that the caller should sit out. */
const MAX_TRIES = 10;

/**
 * One further attempt of a delivery under the same id, soon, whatever became of it so far and whether its subscription is paused or
 * disabled. A waiting delivery's next attempt is brought forward; of any other a failure changes nothing. Asked again before the
 * attempt has begun, it is still one.
 */
export async function redeliver(
  ports: RedeliverPorts,
  deliveryId: string,
): Promise<{ kind: 'redelivering'; deliveryId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await findDelivery(ports, deliveryId);
    if (found === undefined) return refusal('delivery-unknown', 'There is no such delivery, or not any more.');
    const { subscriptionId, instanceId } = found.delivery;
    if (!ports.isAllowed(instanceId)) return instanceNotAllowed();
    // One that was just deleted counts as ended.
    if ((await lookUpTarget(ports, subscriptionId, deliveryId, true)).target.kind !== 'call') {
      return refusal('subscription-ended', 'The subscription has ended: there is nobody to deliver to.');
    }
    // Its first attempt is on its way.
    if (found.delivery.status === 'pending') return { kind: 'redelivering', deliveryId };
    const trouble = found.trouble ?? copyOf(found.delivery);
    if ((await sendAgain(ports, trouble, ports.clock.now() + ROW_COMES_MS)) === 'written') {
      return { kind: 'redelivering', deliveryId };
    }
  }
  return refusal('delivery-changing', 'The delivery is being changed by others. Try again in a moment.');
}

/**
 * Gives a delivery its message for a further attempt; the message that it had before is void. `conflict`: somebody was faster. A row comes
 * before its first message, as in a chunk, and every further message before the row that names it.
 */
export async function sendAgain(
  ports: Pick<RedeliverPorts, 'activity' | 'queues' | 'clock' | 'random'>,
  trouble: Trouble,
  dueAtMs: number,
): Promise<'written' | 'conflict'> {
  const next: Trouble = { ...trouble, nonce: ports.random.token(9), dueAtMs, redelivering: true };
  if (trouble.etag === '') {
    if ((await ports.activity.insertTrouble(next)) === undefined) return 'conflict';
    await sendRetry(ports, next);
    return 'written';
  }
  const startedMs = ports.clock.now();
  await sendRetry(ports, next, trouble.nonce);
  if ((await ports.activity.replaceTrouble(next)) === undefined) return 'conflict';
  const nowMs = ports.clock.now();
  // Storage was so slow that the message may have come before its row, and was dropped then; or a clock was set back, and nobody can tell.
  if (nowMs >= dueAtMs || nowMs < startedMs) await sendRetry(ports, next);
  return 'written';
}

/** What was delivered at once has no row of its own until it is sent again. */
function copyOf({ deliveryId, instanceId, subscriptionId, attempts }: FoundDelivery['delivery']): Trouble {
  const idle = { nonce: '', dueAtMs: 0, owner: '', untilMs: 0, redelivering: false, etag: '' };
  const status = { status: 'delivered', code: 'delivered' } as const;
  return {
    ...idle,
    ...status,
    deliveryId,
    instanceId,
    subscriptionId,
    waitsFor: subscriptionId,
    attempts,
    copied: true,
  };
}
