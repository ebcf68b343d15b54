import type { Clock } from '../../clock.ts';
import type { WorkItem, WorkList } from '../../work/work-list.ts';
import { addressOfDelivery } from '../records/delivery-id.ts';
import { isDue, type DeliveryRecord } from '../records/delivery-record.ts';

export interface WorkListPorts {
  readonly work: Pick<WorkList, 'add'>;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Adds to the work list the activity partitions of records with a due time, and the subscriptions
 * that parked records wait for. Call it before the records are written.
 */
export async function addToWorkList({ work, clock }: WorkListPorts, records: readonly DeliveryRecord[]): Promise<void> {
  const items = new Map<string, WorkItem>();
  for (const record of records) {
    if (isDue(record)) {
      const item = { kind: 'deliveries', ...partitionOf(record) } as const;
      items.set(`${item.instanceId}${item.month}`, item);
    } else if (record.status === 'parked') {
      items.set(record.waitsFor, { kind: 'subscription', subscriptionId: record.waitsFor });
    }
  }
  // Due now, because an item names a whole partition or subscription, not a delivery. The
  // reconciler postpones it to the first due time.
  const dueAtMs = clock.now();
  await Promise.all([...items.values()].map((item) => work.add(item, dueAtMs)));
}

/** The activity partition of a record. */
function partitionOf({ deliveryId, instanceId }: Pick<DeliveryRecord, 'deliveryId' | 'instanceId'>): {
  readonly instanceId: string;
  readonly month: string;
} {
  return { instanceId, month: addressOfDelivery(deliveryId).event.month };
}
