import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { Queues } from '../../storage/queues.ts';
import { allRows } from '../../storage/all-rows.ts';
import type { StoredRow, Tables } from '../../storage/tables.ts';
import { activityTable } from '../records/activity-rows.ts';
import type { ActivityStore } from '../records/activity-store.ts';
import { DUE_RANGE, readDueKey } from '../records/record-index.ts';
import { indexKeysOf, isClaimed, isDue, sendRetry } from '../records/delivery-record.ts';
import { addToWorkList, type WorkListPorts } from './add-to-work-list.ts';

export interface OverduePorts extends WorkListPorts {
  readonly tables: Tables;
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the queue is behind. Overdue deliveries then still have their messages. */
  readonly isBehind: () => Promise<boolean>;
}

interface ActivityPartition {
  readonly instanceId: string;
  readonly month: string;
}

/** A message this late counts as lost. Listeners poll the queue once a second. */
const SLACK_MS = 30_000;
/** Deliveries that one call enqueues. */
const MAX_ENQUEUED = 500;
/** When the deliveries that could not be enqueued now are read again. */
const AGAIN_MS = 60_000;

/**
 * Enqueues the deliveries of an instance and month whose message must have been lost. Returns the time when the next
 * delivery may be overdue, or `undefined` when no delivery has a due time.
 */
export async function enqueueOverdue(ports: OverduePorts, partition: ActivityPartition): Promise<number | undefined> {
  const nowMs = ports.clock.now();
  const rows = allRows(ports.tables, activityTable(partition.month), {
    partition: partition.instanceId,
    ...DUE_RANGE,
    limit: MAX_ENQUEUED,
  });
  let enqueued = 0;
  for await (const row of rows) {
    const { dueAtMs } = readDueKey(row.rowKey, partition);
    const overdueMs = dueAtMs + SLACK_MS;
    // The new message may be lost as well, so overdue deliveries are read again soon.
    if (overdueMs > nowMs) return finish(enqueued > 0 ? Math.min(nowMs + AGAIN_MS, overdueMs) : overdueMs);
    if (enqueued === MAX_ENQUEUED || (await ports.isBehind())) return finish(nowMs + AGAIN_MS);
    if (await enqueueOne(ports, row, partition)) enqueued += 1;
  }
  return finish(enqueued > 0 ? nowMs + AGAIN_MS : undefined);

  function finish(againMs: number | undefined): number | undefined {
    if (enqueued > 0) ports.log.warn('deliveries.overdue', { instanceId: partition.instanceId, deliveries: enqueued });
    return againMs;
  }
}

/**
 * Enqueues one delivery. False when the index row does not match its record, because the record has been dropped or
 * was written by a version without index rows. Such an index row is corrected or deleted.
 */
async function enqueueOne(ports: OverduePorts, row: StoredRow, partition: ActivityPartition): Promise<boolean> {
  const { deliveryId } = readDueKey(row.rowKey, partition);
  const record = await ports.activity.record(deliveryId);
  if (record?.indexed === true && indexKeysOf(record).includes(row.rowKey)) {
    if (isDue(record) && !isClaimed(record, ports.clock.now())) await sendRetry(ports, record);
    return true;
  }
  if (record?.indexed === false && isDue(record)) {
    await addToWorkList(ports, [record]);
    await ports.activity.replaceRecord(record, record);
  }
  await ports.tables.write(activityTable(partition.month), [{ kind: 'delete', row, etag: row.etag }]);
  return false;
}
