import { activityMonths } from '../../shared/deliveries/records/activity-months.ts';
import { activityTable } from '../../shared/deliveries/records/activity-rows.ts';
import { indexKeysOf, isWaiting, recordOfRow } from '../../shared/deliveries/records/delivery-record.ts';
import { OUTBOX_PREFIX, STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { readAllRows } from '../../shared/storage/all-rows.ts';
import type { StoredRow, Tables } from '../../shared/storage/tables.ts';
import { CONNECTIONS_TABLE, COUNT_KEY, REQUEST_PREFIX } from '../../shared/subscriptions/connection-store.ts';
import { addressOfRow, SUBSCRIPTIONS_TABLE, subscriptionOfRow } from '../../shared/subscriptions/subscription-row.ts';
import type { Subscription } from '../../shared/subscriptions/subscription.ts';
import { WORK_SHARDS, WORK_TABLE } from '../../shared/work/work-list.ts';

/**
 * Once all work is done: the rows that nobody needs, and those that say what is not so, one
 * sentence for each.
 */
export async function unexplainedRows(tables: Tables): Promise<string[]> {
  const all = (table: string): Promise<StoredRow[]> =>
    readAllRows(tables, table, { partition: { from: ' ', to: '~' } });
  const subscriptions = (await all(SUBSCRIPTIONS_TABLE)).flatMap((row): Subscription[] => {
    const address = addressOfRow(row);
    return address ? [subscriptionOfRow(row, address)] : [];
  });
  const found = [
    ...(await all(STATE_TABLE))
      .filter(({ rowKey }) => rowKey.startsWith(OUTBOX_PREFIX))
      .map(({ rowKey }) => `an event that is not delivered: ${rowKey}`),
    ...ofConnections(await all(CONNECTIONS_TABLE), subscriptions),
    ...ofWork(await all(WORK_TABLE), subscriptions),
    ...subscriptions.flatMap(({ id, status, activeFrom }) => [
      ...(status === 'deleted' ? [`deleted, and still there: ${id}`] : []),
      ...(activeFrom === undefined ? [`never active: ${id}`] : []),
    ]),
  ];
  for (const month of await activityMonths(tables)) found.push(...ofActivity(await all(activityTable(month))));
  return found;
}

function ofActivity(rows: readonly StoredRow[]): string[] {
  const records = rows.filter(({ values }) => values['kind'] === 'trouble').map(recordOfRow);
  const named = records.flatMap(indexKeysOf);
  const [stored, wanted] = [new Set(rows.map(({ rowKey }) => rowKey)), new Set(named)];
  return [
    ...records.filter(isWaiting).map(({ status, deliveryId }) => `still ${status}: ${deliveryId}`),
    ...rows
      .filter(({ values }) => values['kind'] === 'chunk' && values['settled'] !== true)
      .map(({ rowKey }) => `a chunk that is not complete: ${rowKey}`),
    ...named.filter((key) => !stored.has(key)).map((key) => `no index row ${key}`),
    ...[...stored]
      .filter((key) => key.startsWith('~') && !wanted.has(key))
      .map((key) => `an index row of nothing: ${key}`),
  ];
}

function ofConnections(rows: readonly StoredRow[], subscriptions: readonly Subscription[]): string[] {
  const living = subscriptions.filter(({ status }) => ['active', 'paused', 'disabled'].includes(status));
  const entries = rows.filter(({ rowKey }) => rowKey.startsWith(REQUEST_PREFIX));
  const named = new Set(entries.map(({ values }) => values['subscriptionId']));
  const known = new Set<unknown>(living.map(({ id }) => id));
  const counts = rows.filter(({ rowKey }) => rowKey === COUNT_KEY);
  return [
    ...counts.flatMap(({ partitionKey, values }) => {
      const count = living.filter(({ connection }) => connection === partitionKey).length;
      return values['count'] === count ? [] : [`a count of ${String(values['count'])} for ${count} subscriptions`];
    }),
    ...living.filter(({ id }) => !named.has(id)).map(({ id }) => `a subscription without an entry: ${id}`),
    ...[...named].filter((id) => !known.has(id)).map((id) => `an entry of no subscription: ${String(id)}`),
  ];
}

/** A redirect stays on the list until its end, also when it is removed before. */
function ofWork(rows: readonly StoredRow[], subscriptions: readonly Subscription[]): string[] {
  const others = new Set(subscriptions.filter(({ ended }) => !ended).map(({ id }) => `s${id}`));
  return rows
    .filter(({ partitionKey }) => (WORK_SHARDS as readonly string[]).includes(partitionKey))
    .map(({ rowKey }) => rowKey.slice(rowKey.indexOf('!') + 1))
    .filter((item) => !item.startsWith('s') || others.has(item))
    .map((item) => `still in the work list: ${item}`);
}
