import type { Clock } from '../../clock.ts';
import type { WorkItem, WorkList } from '../../work/work-list.ts';
import { addressOfDelivery } from '../records/delivery-id.ts';
import { isDue, type DeliveryRecord } from '../records/delivery-record.ts';

export interface UnfinishedPorts {
  readonly work: Pick<WorkList, 'add'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Additions of one item that come within this time are one row. */
const ROUND_MS = 60_000;
/** Clocks of two processes are less than this apart: an entry is not looked at before its writer takes it for due. */
const AHEAD_MS = 15_000;

/** Puts into the work list where records are that are about to be written and that somebody must go on with. */
export async function addToWorkList(
  { work, clock }: UnfinishedPorts,
  records: readonly DeliveryRecord[],
): Promise<void> {
  const items = new Map<string, WorkItem>();
  for (const record of records) {
    if (isDue(record)) {
      const item = { kind: 'deliveries', ...placeOf(record) } as const;
      items.set(`${item.instanceId}${item.month}`, item);
    } else if (record.status === 'parked') {
      items.set(record.waitsFor, { kind: 'subscription', subscriptionId: record.waitsFor });
    }
  }
  const dueAtMs = Math.ceil((clock.now() + AHEAD_MS) / ROUND_MS) * ROUND_MS;
  await Promise.all([...items.values()].map((item) => work.add(item, dueAtMs)));
}

/** The partition of a record. */
function placeOf({ deliveryId, instanceId }: Pick<DeliveryRecord, 'deliveryId' | 'instanceId'>): {
  readonly instanceId: string;
  readonly month: string;
} {
  return { instanceId, month: addressOfDelivery(deliveryId).event.month };
}
