import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { Queues } from '../../storage/queues.ts';
import { allRows } from '../../storage/all-rows.ts';
import type { StoredRow, Tables } from '../../storage/tables.ts';
import { activityTable } from '../records/activity-rows.ts';
import type { ActivityStore } from '../records/activity-store.ts';
import { DUE_RANGE, readDueKey } from '../records/record-index.ts';
import { indexKeysOf, isDue, sendRetry } from '../records/delivery-record.ts';
import { addToWorkList, type UnfinishedPorts } from './add-to-work-list.ts';

export interface OverduePorts extends UnfinishedPorts {
  readonly tables: Tables;
  readonly activity: ActivityStore;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether messages wait for their turn: then what is overdue has one. */
  readonly isBehind: () => Promise<boolean>;
}

interface ActivityPartition {
  readonly instanceId: string;
  readonly month: string;
}

/** A message may be this late before it is taken for lost: a listener looks once a second. */
const SLACK_MS = 30_000;
/** Deliveries that one look sends hints for. */
const MAX_HINTS = 500;
/** When what could not be sent now is looked at again. */
const AGAIN_MS = 60_000;

/**
 * Sends a hint for each delivery of an instance and month that was due long ago, so that a lost message costs minutes. Answers when the next one may be overdue;
 * `undefined`: none is due at any time.
 */
export async function enqueueOverdue(ports: OverduePorts, place: ActivityPartition): Promise<number | undefined> {
  const nowMs = ports.clock.now();
  const rows = allRows(ports.tables, activityTable(place.month), {
    partition: place.instanceId,
    ...DUE_RANGE,
    limit: MAX_HINTS,
  });
  let hints = 0;
  for await (const row of rows) {
    const { dueAtMs } = readDueKey(row.rowKey, place);
    const overdueMs = dueAtMs + SLACK_MS;
    // A hint may be lost as well: what was overdue is looked at again soon.
    if (overdueMs > nowMs) return warned(hints > 0 ? Math.min(nowMs + AGAIN_MS, overdueMs) : overdueMs);
    if (hints === MAX_HINTS || (await ports.isBehind())) return warned(nowMs + AGAIN_MS);
    if (await hint(ports, row, place)) hints += 1;
  }
  return warned(hints > 0 ? nowMs + AGAIN_MS : undefined);

  function warned(againMs: number | undefined): number | undefined {
    if (hints > 0) ports.log.warn('deliveries.overdue', { instanceId: place.instanceId, deliveries: hints });
    return againMs;
  }
}

/** False: the index row is none of its record's, and was put right: a version without index rows wrote the record, or it has gone. */
async function hint(ports: OverduePorts, row: StoredRow, place: ActivityPartition): Promise<boolean> {
  const { deliveryId } = readDueKey(row.rowKey, place);
  const record = await ports.activity.record(deliveryId);
  if (record?.indexed === true && indexKeysOf(record).includes(row.rowKey)) {
    if (isDue(record) && record.untilMs <= ports.clock.now()) await sendRetry(ports, record);
    return true;
  }
  if (record?.indexed === false && isDue(record)) {
    await addToWorkList(ports, [record]);
    await ports.activity.replaceRecord(record, record);
  }
  await ports.tables.write(activityTable(place.month), [{ kind: 'delete', row, etag: row.etag }]);
  return false;
}
