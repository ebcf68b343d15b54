import { activityTable, addressOfEvent, chunkOfRow } from '../../shared/deliveries/records/activity-rows.ts';
import { recordRowKey } from '../../shared/deliveries/records/activity-rows.ts';
import {
  formatDeliveryId,
  parseDeliveryId,
  type DeliveryAddress,
} from '../../shared/deliveries/records/delivery-id.ts';
import type { RetryMessage } from '../../shared/deliveries/messages.ts';
import {
  indexKeysOf,
  isDue,
  isWaiting,
  recordOfRow,
  type DeliveryRecord,
} from '../../shared/deliveries/records/delivery-record.ts';
import { outboxEntryOfRow, STATE_TABLE } from '../../shared/events/outbox-row.ts';
import { eventKey, eventKeyParts, formatEventId, monthOf } from '../../shared/events/event-id.ts';
import { RECOVERIES_TABLE, type Recovery } from '../../shared/operations/recovery.ts';
import type { MemoryQueues } from '../../shared/storage/memory-queues.ts';
import type { Row, StoredRow, Tables, Value, Write } from '../../shared/storage/tables.ts';
import { COUNT_KEY, CONNECTIONS_TABLE, REQUEST_PREFIX } from '../../shared/subscriptions/connection-store.ts';
import { INSTANCES_TABLE } from '../../shared/subscriptions/instance-registry.ts';
import { addressOfRow, subscriptionOfRow, SUBSCRIPTIONS_TABLE } from '../../shared/subscriptions/subscription-row.ts';
import type { Subscription } from '../../shared/subscriptions/subscription.ts';
import { WORK_SHARDS, WORK_TABLE } from '../../shared/work/work-list.ts';
import { CONNECTIONS } from './flow-platform.ts';
import { clockErrorMs } from './plan.ts';
import { storedId } from './names.ts';
import type { Stage } from './stage.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Tables that see each write. */
export interface WatchedTables extends Tables {
  /** Whether a delivery is stored as delivered. */
  isDelivered(deliveryId: string): boolean;
}

/**
 * Reports a violation when a write changes a delivery back from `delivered`. `onWork` is called
 * when the work list has changed.
 */
export function watchTables(tables: Tables, violate: (what: string) => void, onWork: () => void): WatchedTables {
  const delivered = new Set<string>();
  const counts = new Map<string, number>();
  const watch = (table: string, { kind, row }: Write): void => {
    const { partitionKey, rowKey, ...values } = row as Row;
    if (kind === 'delete' || !table.startsWith(activityTable(''))) return;
    if (values['kind'] === 'trouble') {
      const deliveryId = String(values['deliveryId']);
      if (values['status'] === 'delivered') delivered.add(deliveryId);
      else if (delivered.has(deliveryId)) violate(`${deliveryId} is no longer delivered`);
    }
    if (values['kind'] === 'chunk') {
      const key = `${table} ${rowKey}`;
      const stored = { partitionKey, rowKey, etag: '', values: values as Record<string, Value> };
      const outcomes = chunkOfRow(stored).delivered;
      if (outcomes.length < (counts.get(key) ?? 0)) violate(`${key} is no longer delivered`);
      counts.set(key, outcomes.length);
      const month = table.slice(activityTable('').length);
      const eventId = formatEventId({ ...eventKeyParts(rowKey), month, instanceId: partitionKey });
      for (const { range, rowKey: place } of outcomes) delivered.add(formatDeliveryId(eventId, range, place));
    }
  };
  return {
    ...tables,
    isDelivered: (deliveryId) => delivered.has(deliveryId),
    async write(table, writes) {
      const result = await tables.write(table, writes);
      if (table === WORK_TABLE) onWork();
      if (result.kind === 'written') for (const write of writes) watch(table, write);
      return result;
    },
  };
}

/** Reads what is stored, without simulated faults. */
export interface Stored {
  outboxEntries(): Promise<number>;
  /** Unfinished work that nobody would find if all messages were lost now. */
  unfindable(): Promise<string[]>;
  /**
   * Compares a delivery before and after its retry message is processed: a message for a delivery
   * that is not due changes nothing. Only after the faults have stopped.
   */
  watchVoid(message: object): Promise<() => Promise<void>>;
  /** The checks of what is stored when no work is left. */
  checkEnd(): Promise<void>;
}

export function storedState(stage: Stage, tables: Tables, queues: MemoryQueues): Stored {
  const instances = stage.names.instances.map(storedId);
  const months = new Set<string>();
  for (
    let atMs = stage.plan.startMs - DAY_MS;
    atMs < stage.plan.startMs + stage.plan.stormMs + 40 * DAY_MS;
    atMs += 10 * DAY_MS
  )
    months.add(monthOf(atMs));
  const activity = async (): Promise<StoredRow[]> => {
    const pages = await Promise.all(
      instances.flatMap((partition) => [...months].map((month) => tables.query(activityTable(month), { partition }))),
    );
    return pages.flatMap(({ rows }) => rows);
  };
  const openRows = async (): Promise<readonly StoredRow[]> =>
    (
      await Promise.all(instances.map((partition) => tables.query(STATE_TABLE, { partition, from: 'o:', to: 'o;' })))
    ).flatMap(({ rows }) => rows);
  const subscriptions = async (): Promise<Subscription[]> => {
    const { rows } = await tables.query(SUBSCRIPTIONS_TABLE, { partition: { from: ' ', to: '~' } });
    return rows.flatMap((row) => {
      const address = addressOfRow(row);
      return address ? [subscriptionOfRow(row, address)] : [];
    });
  };
  /** When each item of the work list is due. */
  const work = async (): Promise<Map<string, number>> => {
    const pages = await Promise.all(WORK_SHARDS.map((partition) => tables.query(WORK_TABLE, { partition })));
    const dueMs = new Map<string, number>();
    for (const { rowKey } of pages.flatMap(({ rows }) => rows)) {
      const [time = '', item = ''] = rowKey.split('!');
      dueMs.set(item, Math.min(dueMs.get(item) ?? Infinity, Number.parseInt(time, 36)));
    }
    return dueMs;
  };
  const unindexed = (rows: readonly StoredRow[], records: readonly DeliveryRecord[]): string[] => {
    const stored = rows.map(({ rowKey }) => rowKey).filter((key) => key.startsWith('~'));
    const named = records.flatMap(indexKeysOf);
    const [has, should] = [new Set(stored), new Set(named)];
    return [
      ...named.filter((key) => !has.has(key)).map((key) => `no index row ${key}`),
      ...stored.filter((key) => !should.has(key)).map((key) => `an index row of no record: ${key}`),
    ];
  };
  const recordsOf = (rows: readonly StoredRow[]): DeliveryRecord[] =>
    rows.filter(({ values }) => values['kind'] === 'trouble').map(recordOfRow);

  return {
    outboxEntries: async () => (await openRows()).length,
    async unfindable() {
      const rows = await activity();
      const records = recordsOf(rows);
      const entries = await work();
      const statusOf = new Map((await subscriptions()).map(({ id, status }) => [id, status]));
      const nowMs = stage.timeline.now();
      const lateMs = 15 * MINUTE_MS + 2 * clockErrorMs(stage.plan);
      const found = unindexed(rows, records);
      for (const record of records) {
        const address = parseDeliveryId(record.deliveryId) as DeliveryAddress;
        const dueMs = entries.get(`a${record.instanceId}${addressOfEvent(address.eventId).month}`) ?? Infinity;
        if (isDue(record) && dueMs > Math.max(record.dueAtMs, nowMs) + lateMs)
          found.push(`${record.deliveryId} is due, and the work list does not say so`);
        const isHeld = record.status === 'parked' && !isDue(record) && statusOf.get(record.waitsFor) !== 'disabled';
        if (isHeld && !entries.has(`s${record.waitsFor}`))
          found.push(`${record.deliveryId} is parked, and the work list does not know ${record.waitsFor}`);
      }
      return found;
    },
    async watchVoid(message) {
      const { kind, deliveryId } = message as Partial<RetryMessage>;
      if (!stage.isCalm() || kind !== 'retry' || deliveryId === undefined) return () => Promise.resolve();
      const { event, range, rowKey } = parseDeliveryId(deliveryId) as DeliveryAddress;
      const stored = (): Promise<StoredRow | undefined> =>
        tables.get(activityTable(event.month), event.instanceId, recordRowKey(event, range, rowKey));
      const before = await stored();
      if (before && isDue(recordOfRow(before))) return () => Promise.resolve();
      return async () => {
        if ((await stored())?.etag !== before?.etag) stage.violate(`a delivery that is not due goes on: ${deliveryId}`);
      };
    },
    async checkEnd() {
      const polled = await tables.query(INSTANCES_TABLE, { partition: { from: ' ', to: '~' } });
      const open = (await openRows()).map((row) => outboxEntryOfRow(row).event.eventId);
      // An aborted subscribe may leave an event of an instance without subscriptions. The next
      // subscribe completes it.
      const isPolled = polled.rows.length > 0;
      if (isPolled) for (const eventId of open) stage.violate(`outbox entry left: ${eventId}`);
      const openKeys = open.map((eventId) => eventKey(addressOfEvent(eventId)));
      const rows = await activity();
      const all = await subscriptions();
      for (const what of unindexed(rows, recordsOf(rows))) stage.violate(what);
      for (const row of rows) {
        if (openKeys.some((key) => row.rowKey.startsWith(key))) continue;
        if (row.values['kind'] === 'chunk') {
          const { isComplete, delivered, recordCount } = chunkOfRow(row);
          // A worker claimed the chunk while the flow existed, and another completed the event
          // after the flow had gone. The row needs no further work.
          const isEmpty = delivered.length === 0 && recordCount === 0;
          if (!isComplete && !isEmpty) stage.violate(`incomplete chunk: ${row.rowKey}`);
        }
        if (row.values['kind'] !== 'trouble') continue;
        const record = recordOfRow(row);
        const waitsFor = all.find(({ id }) => id === record.waitsFor);
        if (isWaiting(record) && waitsFor?.status !== 'disabled')
          stage.violate(`still ${record.status}: ${record.deliveryId}`);
        const numbers = record.attempts.map(({ number }) => number);
        if (numbers.some((number, index) => number !== index + 1))
          stage.violate(`attempts ${numbers.join(' ')} of ${record.deliveryId}`);
      }
      for (const queue of ['polls', 'deliveries', 'retries'])
        for (const { message } of queues.waiting(queue))
          stage.violate(`still in ${queue}: ${JSON.stringify(message).slice(0, 300)}`);
      await checkHouse(all);
    },
  };

  /** Nothing is stored that is not needed, and nothing is counted that does not exist. */
  async function checkHouse(all: readonly Subscription[]): Promise<void> {
    const living = all.filter(({ status }) => status === 'active' || status === 'paused' || status === 'disabled');
    for (const { id, status } of all) if (status === 'deleted') stage.violate(`still there although deleted: ${id}`);
    for (const { id, activeFrom } of living) if (activeFrom === undefined) stage.violate(`never finished: ${id}`);
    const recoveries = await tables.query(RECOVERIES_TABLE, { partition: { from: ' ', to: '~' } });
    for (const { rowKey, values } of recoveries.rows) {
      const { finishedAtMs, batch } = JSON.parse(String(values['recovery'])) as Recovery;
      if (finishedAtMs === undefined || batch.length > 0) stage.violate(`never finished: ${rowKey}`);
    }
    const entries: unknown[] = [];
    for (const partition of CONNECTIONS) {
      const { rows } = await tables.query(CONNECTIONS_TABLE, { partition });
      const requests = rows.filter(({ rowKey }) => rowKey.startsWith(REQUEST_PREFIX));
      const count = Number(rows.find(({ rowKey }) => rowKey === COUNT_KEY)?.values['count'] ?? 0);
      if (count !== requests.length) stage.violate(`a count of ${count} for ${requests.length} entries`);
      entries.push(...requests.map((row) => row.values['subscriptionId']));
    }
    for (const { id } of living) if (!entries.includes(id)) stage.violate(`living and in no entry: ${id}`);
    const redirects = all.filter(({ status, ended }) => ended && (status === 'superseded' || status === 'gone'));
    // A superseded subscription is due in the work list when its redirect expires, also when it was
    // removed before.
    const rest = all.filter((one) => !redirects.includes(one)).map(({ id }) => `s${id}`);
    for (const item of (await work()).keys())
      if (item.startsWith('a') || rest.includes(item)) stage.violate(`still in the work list: ${item}`);
    // A save that a later one overtook still answers its own request. A subscription that is gone
    // no longer counts.
    const superseded = redirects.filter(({ status }) => status === 'superseded');
    const known = new Set<unknown>([...living, ...superseded].map(({ id }) => id));
    for (const entry of entries) if (!known.has(entry)) stage.violate(`an entry for nobody: ${String(entry)}`);
  }
}
