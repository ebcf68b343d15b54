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
  /**
   * Whether the queue is backlogged. If so, the messages of overdue deliveries are late, not lost.
   */
  readonly isBehind: () => Promise<boolean>;
}

interface ActivityPartition {
  readonly instanceId: string;
  readonly month: string;
}

/**
 * A message counts as lost this long after its due time. The functions host polls the queue once a
 * second.
 */
const SLACK_MS = 30_000;
/** Maximum number of deliveries that one call enqueues. */
const MAX_ENQUEUED = 500;
/** Delay before overdue deliveries are read again. */
const AGAIN_MS = 60_000;

/**
 * Enqueues the overdue deliveries of an activity partition, because their messages must have been
 * lost. Returns the time when the next delivery may be overdue, or `undefined` when no delivery has
 * a due time.
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
    const overdueAtMs = dueAtMs + SLACK_MS;
    // The new message may be lost as well, so overdue deliveries are read again soon.
    if (overdueAtMs > nowMs) return finish(enqueued > 0 ? Math.min(nowMs + AGAIN_MS, overdueAtMs) : overdueAtMs);
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
 * Enqueues the delivery that an index row names, unless a worker has claimed it. Returns true if
 * the index row matches the record. Otherwise deletes the index row and returns false. If the
 * previous release (0.9.0) wrote the record last, its index rows are missing or stale (`indexed` is
 * false). They are then written first, so that the delivery is found in the next pass.
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
    // Also writes the index rows.
    await ports.activity.replaceRecord(record, record);
  }
  await ports.tables.write(activityTable(partition.month), [{ kind: 'delete', row, etag: row.etag }]);
  return false;
}
