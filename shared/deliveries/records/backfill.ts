import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { RowPage, StoredRow, Tables } from '../../storage/tables.ts';
import { addressOfRow, SUBSCRIPTIONS_TABLE, subscriptionOfRow } from '../../subscriptions/subscription-row.ts';
import { WORK_TABLE } from '../../work/work-list.ts';
import { activityMonths } from './activity-months.ts';
import { activityTable } from './activity-rows.ts';
import type { ActivityStore } from './activity-store.ts';
import { indexKeysOf, isDue, isWaiting, recordOfRow, type DeliveryRecord } from './delivery-record.ts';
import { deliveryOfIndexKey } from './record-index.ts';
import { addToWorkList, type WorkListPorts } from '../reconciler/add-to-work-list.ts';

export interface BackfillPorts extends WorkListPorts {
  readonly tables: Tables;
  readonly activity: Pick<ActivityStore, 'record' | 'replaceRecord'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Delay between the upgrade and the backfill. Meanwhile, app instances of the previous release
 * (0.9.0) may still run and write records without index rows.
 */
const BEGINS_AFTER_MS = 60 * 60_000;
/** Maximum number of pages that one pass reads, of 1,000 rows each. */
const PAGES_A_PASS = 50;
/** A pass starts no further page after this long, so that the reconciler has time left. */
const PASS_MS = 2 * 60_000;
const ROW = { partitionKey: 'backfill', rowKey: 'records' } as const;

/** The progress of the backfill. It is stored after each pass, in the table `work`. */
interface Progress {
  readonly beginsAtMs: number;
  /** Name of the last table that is complete. Tables are processed in the order of their names. */
  readonly after: string;
  /** Continuation token of the next page, in the table that follows `after`. */
  readonly next: string | undefined;
  readonly done: boolean;
}

/**
 * Adds the index rows and work list entries that the previous release (0.9.0) did not write for its
 * waiting deliveries, and removes index rows that have become stale. Each call makes one pass over
 * some of the rows. Until the backfill has reached a delivery, the reconciler does not know it, and
 * only its retry message leads to the next attempt. Remove this file in the release after this one.
 */
export async function backfill(ports: BackfillPorts): Promise<void> {
  const nowMs = ports.clock.now();
  const row = await ports.tables.get(WORK_TABLE, ROW.partitionKey, ROW.rowKey);
  let progress: Progress = {
    beginsAtMs: Number(row?.values['beginsAtMs'] ?? nowMs + BEGINS_AFTER_MS),
    after: String(row?.values['after'] ?? ''),
    next: row?.values['next'] === undefined ? undefined : String(row.values['next']),
    done: row?.values['done'] === true,
  };
  if (row === undefined) await save(ports, progress);
  if (progress.done || nowMs < progress.beginsAtMs) return;
  const names = [...(await activityMonths(ports.tables)).map(activityTable), SUBSCRIPTIONS_TABLE];
  for (let pages = 0; pages < PAGES_A_PASS && !progress.done; pages++) {
    if (ports.clock.now() - nowMs > PASS_MS) break;
    const table = names.find((name) => name > progress.after);
    if (table === undefined) progress = { ...progress, done: true };
    else {
      const page = await readPage(ports.tables, table, progress.next);
      await (table === SUBSCRIPTIONS_TABLE ? watchSubscriptions(ports, page) : indexRecords(ports, table, page));
      progress =
        page.next === undefined ? { ...progress, after: table, next: undefined } : { ...progress, next: page.next };
    }
  }
  await save(ports, progress);
  if (progress.done) ports.log.info('backfill.done', {});
}

/**
 * Makes the backfill start again, an hour from now. Needed when the app has been rolled back to the
 * previous release (0.9.0) and upgraded again. Changes nothing if the backfill has not started yet.
 */
export async function restartBackfill(ports: Pick<BackfillPorts, 'tables' | 'clock'>): Promise<void> {
  const row = await ports.tables.get(WORK_TABLE, ROW.partitionKey, ROW.rowKey);
  const isStarted = row !== undefined && (row.values['after'] !== '' || row.values['next'] !== undefined);
  if (!isStarted) return;
  await save(ports, { beginsAtMs: ports.clock.now() + BEGINS_AFTER_MS, after: '', next: undefined, done: false });
}

function readPage(tables: Tables, table: string, next: string | undefined): Promise<RowPage> {
  const allPartitions = { from: ' ', to: '~' };
  return tables.query(table, { partition: allPartitions, ...(next !== undefined && { next }) });
}

async function save(
  { tables }: Pick<BackfillPorts, 'tables'>,
  { beginsAtMs, after, next, done }: Progress,
): Promise<void> {
  await tables.write(WORK_TABLE, [
    { kind: 'upsert', row: { ...ROW, v: 1, beginsAtMs, after, done, ...(next !== undefined && { next }) } },
  ]);
}

/** Processes a page of an activity table. `trouble` is the stored name of a delivery record. */
async function indexRecords(ports: BackfillPorts, table: string, { rows }: RowPage): Promise<void> {
  for (const row of rows) {
    if (row.values['kind'] === 'index') await checkIndexRow(ports, table, row);
    if (row.values['kind'] !== 'trouble') continue;
    const record = recordOfRow(row);
    if (record.indexed || !(isWaiting(record) || record.redelivering)) continue;
    // In the previous release (0.9.0) every parked delivery had a due time, at which it called its
    // flow. Now a parked delivery has no due time, except the probe: the one delivery of a flow
    // that finds out whether the flow is on again. The reconciler chooses it later.
    const waiting: DeliveryRecord =
      record.status === 'parked' && !record.redelivering ? { ...record, dueAtMs: undefined } : record;
    const after = isDue(waiting) || waiting.status === 'parked' ? waiting : { ...waiting, dueAtMs: ports.clock.now() };
    await addToWorkList(ports, [after]);
    // A conflict means that another worker has written the record, with its index rows.
    await ports.activity.replaceRecord(record, after);
  }
}

/**
 * Deletes an index row that does not match its record, because the previous release (0.9.0) has
 * changed the record. Does nothing if another writer has changed the index row.
 */
async function checkIndexRow(ports: BackfillPorts, table: string, row: StoredRow): Promise<void> {
  const partition = { instanceId: row.partitionKey, month: table.slice(activityTable('').length) };
  const record = await ports.activity.record(deliveryOfIndexKey(row.rowKey, partition));
  if (record?.indexed === true && indexKeysOf(record).includes(row.rowKey)) return;
  await ports.tables.write(table, [{ kind: 'delete', row, etag: row.etag }]);
}

/**
 * Adds each subscription that is not active, or not activated yet, to the work list, because
 * deliveries may wait for it.
 */
async function watchSubscriptions(ports: BackfillPorts, { rows }: RowPage): Promise<void> {
  for (const row of rows) {
    const address = addressOfRow(row);
    const subscription = address && subscriptionOfRow(row, address);
    if (subscription === undefined || (subscription.status === 'active' && subscription.activeFrom !== undefined))
      continue;
    await ports.work.add({ kind: 'subscription', subscriptionId: subscription.id }, ports.clock.now());
  }
}
