import { instanceNotAllowed } from '../allowed-instances.ts';
import type { ActivityStore } from '../deliveries/records/activity-store.ts';
import { resolveTarget, type TargetPorts } from '../deliveries/attempt/target.ts';
import { sendRetry, type DeliveryRecord, type StoredRecord } from '../deliveries/records/delivery-record.ts';
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

/**
 * Maximum number of tries. If all of them conflict with other writers, the caller is asked to try
 * again later.
 */
const MAX_TRIES = 10;

/**
 * Schedules one further attempt of a delivery, due now, under the same delivery id. This works in
 * every status, and also while the subscription is paused or disabled. If the delivery is waiting
 * for a retry, that retry is brought forward. Otherwise the attempt is an extra one, whose failure
 * does not change the status. A second call before the attempt has begun does not add another
 * attempt.
 */
export async function redeliver(
  ports: RedeliverPorts,
  deliveryId: string,
): Promise<{ kind: 'redelivering'; deliveryId: string } | Refusal> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const found = await findDelivery(ports, deliveryId);
    if (found === undefined)
      return refusal('delivery-unknown', 'There is no delivery with this id, or it is no longer stored.');
    const { subscriptionId, instanceId } = found.delivery;
    if (!ports.isAllowed(instanceId)) return instanceNotAllowed();
    // A subscription that was just deleted counts as ended.
    if ((await resolveTarget(ports, subscriptionId, 'operator')).target.kind !== 'call') {
      return refusal('subscription-ended', 'The subscription has ended, so there is no flow to call.');
    }
    // The first attempt of a pending delivery is already due.
    if (found.delivery.status === 'pending') return { kind: 'redelivering', deliveryId };
    const record = found.record ?? newRecord(found.delivery);
    if ((await sendAgain(ports, record, ports.clock.now())) === 'written') {
      return { kind: 'redelivering', deliveryId };
    }
  }
  return refusal('delivery-changing', 'Other requests are changing this delivery. Try again in a moment.');
}

/**
 * Schedules one further attempt of a delivery, due at `dueAtMs`. Returns `conflict` when another
 * writer changed the record first.
 */
export async function sendAgain(
  ports: Pick<RedeliverPorts, 'activity' | 'queues' | 'clock' | 'work'>,
  record: DeliveryRecord | StoredRecord,
  dueAtMs: number,
): Promise<'written' | 'conflict'> {
  const next = { ...record, dueAtMs, redelivering: true };
  await addToWorkList(ports, [next]);
  const written =
    'etag' in record ? await ports.activity.replaceRecord(record, next) : await ports.activity.insertRecord(next);
  if (written === undefined) return 'conflict';
  await sendRetry(ports, next);
  return 'written';
}

/**
 * A record for a delivery that succeeded at the first attempt, and whose outcome is so far only in
 * the row of its chunk.
 */
function newRecord({ deliveryId, instanceId, subscriptionId, attempts }: FoundDelivery['delivery']): DeliveryRecord {
  return {
    deliveryId,
    instanceId,
    subscriptionId,
    waitsFor: subscriptionId,
    status: 'delivered',
    code: 'delivered',
    attempts,
    dueAtMs: undefined,
    claim: undefined,
    redelivering: false,
    // The row of the chunk keeps the outcome and counts the delivery, so counts skip this record.
    copied: true,
  };
}
