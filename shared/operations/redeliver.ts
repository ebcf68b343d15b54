import { instanceNotAllowed } from '../allowed-instances.ts';
import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { resolveTarget, type TargetPorts } from '../deliveries/attempt/target.ts';
import { sendRetry, type DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { addToWorkList } from '../deliveries/reconciler/add-to-work-list.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Clock } from '../clock.ts';
import type { Queues } from '../storage/queues.ts';
import type { WorkList } from '../work/work-list.ts';
import { findDelivery, type FoundDelivery } from './find-delivery.ts';

export interface RedeliverPorts extends TargetPorts {
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly work: Pick<WorkList, 'add'>;
}

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
    if ((await resolveTarget(ports, subscriptionId, true)).target.kind !== 'call') {
      return refusal('subscription-ended', 'The subscription has ended: there is nobody to deliver to.');
    }
    // Its first attempt is on its way.
    if (found.delivery.status === 'pending') return { kind: 'redelivering', deliveryId };
    const record = found.record ?? copyOf(found.delivery);
    if ((await sendAgain(ports, record, ports.clock.now())) === 'written') {
      return { kind: 'redelivering', deliveryId };
    }
  }
  return refusal('delivery-changing', 'The delivery is being changed by others. Try again in a moment.');
}

/** Makes a further attempt of a delivery due. `conflict`: somebody was faster. */
export async function sendAgain(
  ports: Pick<RedeliverPorts, 'activity' | 'queues' | 'clock' | 'work'>,
  record: DeliveryRecord,
  dueAtMs: number,
): Promise<'written' | 'conflict'> {
  const next = { ...record, dueAtMs, redelivering: true };
  await addToWorkList(ports, [next]);
  const written =
    record.etag === '' ? await ports.activity.insertRecord(next) : await ports.activity.replaceRecord(record, next);
  if (written === undefined) return 'conflict';
  await sendRetry(ports, next);
  return 'written';
}

/** What was delivered at once has no row of its own until it is sent again. */
function copyOf({ deliveryId, instanceId, subscriptionId, attempts }: FoundDelivery['delivery']): DeliveryRecord {
  const idle = { dueAtMs: undefined, owner: '', untilMs: 0, redelivering: false, indexed: false, etag: '' };
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
