import { activityTable, chunkOfRow, eventOfRow } from '../../shared/deliveries/records/activity-rows.ts';
import { formatDeliveryId } from '../../shared/deliveries/records/delivery-id.ts';
import { recordOfRow } from '../../shared/deliveries/records/delivery-record.ts';
import { monthOf } from '../../shared/events/event-id.ts';
import { STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { allRows } from '../../shared/storage/all-rows.ts';
import type { StoredRow, Tables } from '../../shared/storage/tables.ts';
import { INSTANCE } from './worker.ts';

/** What storage says of a run. */
export interface StoredRun {
  /**
   * Of every delivery that has an outcome or waits for one: its status. One that is written twice
   * is there twice.
   */
  outcomes(): Promise<readonly { readonly deliveryId: string; readonly status: string }[]>;
  outboxEntries(): Promise<number>;
  unfinishedChunks(): Promise<number>;
}

export function storedRun(tables: Tables, nowMs: number): StoredRun {
  const rowsOf = async (table: string, range: { from?: string; to?: string } = {}): Promise<StoredRow[]> => {
    const rows: StoredRow[] = [];
    for await (const row of allRows(tables, table, { partition: INSTANCE, ...range })) rows.push(row);
    return rows;
  };
  const activity = (kind: string, rows: readonly StoredRow[]): StoredRow[] =>
    rows.filter(({ values }) => values['kind'] === kind);
  const readActivity = (): Promise<StoredRow[]> => rowsOf(activityTable(monthOf(nowMs)));
  return {
    outboxEntries: async () => (await rowsOf(STATE_TABLE, { from: 'o:', to: 'o;' })).length,
    unfinishedChunks: async () =>
      activity('chunk', await readActivity()).filter((row) => !chunkOfRow(row).isComplete).length,
    async outcomes() {
      const rows = await readActivity();
      const keyOf = ({ rowKey }: StoredRow): string => rowKey.split('!', 1)[0] ?? '';
      const eventIds = new Map(activity('event', rows).map((row) => [keyOf(row), eventOfRow(row).eventId]));
      const first = activity('chunk', rows).flatMap((row) =>
        chunkOfRow(row).delivered.map(({ range, rowKey }) => ({
          deliveryId: formatDeliveryId(eventIds.get(keyOf(row)) ?? '', range, rowKey),
          status: 'delivered',
        })),
      );
      const records = activity('trouble', rows).map(recordOfRow);
      return [...first, ...records.map(({ deliveryId, status }) => ({ deliveryId, status }))];
    },
  };
}
