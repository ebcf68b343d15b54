import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { RowPage, Tables } from '../../storage/tables.ts';
import { addressOfRow, SUBSCRIPTIONS_TABLE, subscriptionOfRow } from '../../subscriptions/subscription-row.ts';
import { WORK_TABLE } from '../../work/work-list.ts';
import { activityMonths } from './activity-months.ts';
import { activityTable } from './activity-rows.ts';
import type { ActivityStore } from './activity-store.ts';
import { isDue, isWaiting, recordOfRow, type DeliveryRecord } from './delivery-record.ts';
import { addToWorkList, type WorkListPorts } from '../reconciler/add-to-work-list.ts';

export interface BackfillPorts extends WorkListPorts {
  readonly tables: Tables;
  readonly activity: Pick<ActivityStore, 'replaceRecord'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Instances of version 0.9.0, which write rows without index, may still run this long after the first pass of this version. */
const BEGINS_AFTER_MS = 60 * 60_000;
/** Pages of 1,000 rows that one pass reads. */
const PAGES_A_PASS = 50;
const ROW = { partitionKey: 'backfill', rowKey: 'records' } as const;

/** The progress of the backfill, stored after each pass. */
interface Progress {
  readonly beginsAtMs: number;
  /** Name of the last table that is complete. Tables are processed in the order of their names. */
  readonly after: string;
  readonly next: string | undefined;
  readonly done: boolean;
}

/**
 * Adds index rows and work list entries for the deliveries that version 0.9.0 left waiting, a part in each pass.
 * Until they have them, those deliveries go on by their messages. Returns whether the backfill is complete. Remove it
 * in the release after this one.
 */
export async function backfill(ports: BackfillPorts): Promise<boolean> {
  const nowMs = ports.clock.now();
  const row = await ports.tables.get(WORK_TABLE, ROW.partitionKey, ROW.rowKey);
  let progress: Progress = {
    beginsAtMs: Number(row?.values['beginsAtMs'] ?? nowMs + BEGINS_AFTER_MS),
    after: String(row?.values['after'] ?? ''),
    next: row?.values['next'] === undefined ? undefined : String(row.values['next']),
    done: row?.values['done'] === true,
  };
  if (row === undefined) await save(ports, progress);
  if (progress.done || nowMs < progress.beginsAtMs) return progress.done;
  const names = [...(await activityMonths(ports.tables)).map(activityTable), SUBSCRIPTIONS_TABLE];
  for (let pages = 0; pages < PAGES_A_PASS && !progress.done; pages++) {
    const table = names.find((name) => name > progress.after);
    if (table === undefined) progress = { ...progress, done: true };
    else {
      const page = await readPage(ports.tables, table, progress.next);
      await (table === SUBSCRIPTIONS_TABLE ? watchSubscriptions(ports, page) : indexRecords(ports, page));
      progress =
        page.next === undefined ? { ...progress, after: table, next: undefined } : { ...progress, next: page.next };
    }
  }
  await save(ports, progress);
  if (progress.done) ports.log.info('backfill.done', {});
  return progress.done;
}

function readPage(tables: Tables, table: string, next: string | undefined): Promise<RowPage> {
  return tables.query(table, { partition: { from: ' ', to: '~' }, ...(next !== undefined && { next }) });
}

async function save({ tables }: BackfillPorts, { beginsAtMs, after, next, done }: Progress): Promise<void> {
  await tables.write(WORK_TABLE, [
    { kind: 'upsert', row: { ...ROW, v: 1, beginsAtMs, after, done, ...(next !== undefined && { next }) } },
  ]);
}

async function indexRecords(ports: BackfillPorts, { rows }: RowPage): Promise<void> {
  for (const row of rows) {
    if (row.values['kind'] !== 'trouble') continue;
    const record = recordOfRow(row);
    if (record.indexed || !(isWaiting(record) || record.redelivering)) continue;
    // In version 0.9.0 every parked delivery probed its flow on its own schedule.
    const waiting: DeliveryRecord =
      record.status === 'parked' && !record.redelivering ? { ...record, dueAtMs: undefined } : record;
    const after = isDue(waiting) || waiting.status === 'parked' ? waiting : { ...waiting, dueAtMs: ports.clock.now() };
    await addToWorkList(ports, [after]);
    // On a conflict, the other writer has stored the index rows.
    await ports.activity.replaceRecord(record, after);
  }
}

async function watchSubscriptions(ports: BackfillPorts, { rows }: RowPage): Promise<void> {
  for (const row of rows) {
    const address = addressOfRow(row);
    const subscription = address && subscriptionOfRow(row, address);
    if (subscription === undefined || (subscription.status === 'active' && subscription.activeFrom !== undefined))
      continue;
    await ports.work.add({ kind: 'subscription', subscriptionId: subscription.id }, ports.clock.now());
  }
}
