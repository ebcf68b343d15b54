import { activityTable, chunkOfRow, eventOfRow } from '../deliveries/records/activity-rows.ts';
import { monthsBetween } from '../deliveries/records/activity-months.ts';
import { EVENT_KEY_LENGTH, instantOfKey } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { subscriptionIdAt } from './delivery.ts';

/** The deliveries of a subscription for the latest events of its instance, back to `since`. */
export interface SubscriptionActivity {
  /** The time of the latest event that the subscription received or should have received. */
  readonly lastFiredAt?: string;
  readonly delivered: number;
  /** Deliveries that have not succeeded: retrying, parked, dead or ended. */
  readonly failed: number;
  /** The counts are complete from this time on. */
  readonly since: string;
}

/**
 * Maximum number of rows read for each instance. An event with one subscriber has two or three
 * rows.
 */
const ROWS_PER_INSTANCE = 300;
/**
 * Maximum number of instances read for one page. Subscriptions of further instances have no
 * activity in the response.
 */
const MAX_INSTANCES = 20;
const MONTH_MS = 31 * 24 * 3_600_000;

/**
 * The latest activity of the subscriptions on a page. It is computed from the rows of events,
 * chunks and delivery records, so a success costs no additional write. Makes at most two storage
 * requests for each instance, however many subscriptions there are.
 */
export async function activityOf(
  tables: Tables,
  subscriptions: readonly Pick<Subscription, 'id' | 'instanceId'>[],
  nowMs: number,
): Promise<ReadonlyMap<string, SubscriptionActivity>> {
  const instanceIds = [...new Set(subscriptions.map(({ instanceId }) => instanceId))].slice(0, MAX_INSTANCES);
  const found = await Promise.all(instanceIds.map((instanceId) => activityOfInstance(tables, instanceId, nowMs)));
  const byInstance = new Map(instanceIds.map((instanceId, index) => [instanceId, found[index]]));
  return new Map(
    subscriptions.flatMap(({ id, instanceId }) => {
      const seen = byInstance.get(instanceId);
      if (seen === undefined) return [];
      const since = new Date(seen.sinceMs).toISOString();
      return [[id, { delivered: 0, failed: 0, ...seen.counts.get(id), since }] as const];
    }),
  );
}

type Counts = { lastFiredAt: string; delivered: number; failed: number };

async function activityOfInstance(
  tables: Tables,
  instanceId: string,
  nowMs: number,
): Promise<{ readonly counts: ReadonlyMap<string, Counts>; readonly sinceMs: number }> {
  const rows: StoredRow[] = [];
  const beginMs = nowMs - MONTH_MS;
  // Index rows (which show when a delivery is due) sort after the rows of events, so `to` excludes
  // them.
  for (const month of monthsBetween(beginMs, nowMs).slice(0, 2)) {
    const query = { partition: instanceId, to: '~', limit: ROWS_PER_INSTANCE - rows.length };
    const page = await tables.query(activityTable(month), query);
    rows.push(...page.rows);
    if (rows.length >= ROWS_PER_INSTANCE) break;
  }
  const events = new Map<string, Event>();
  for (const row of rows) if (row.values['kind'] === 'event') events.set(eventKeyOf(row), eventOfRow(row));
  const counts = new Map<string, Counts>();
  const count = (id: string | undefined, { occurredAt }: Event, outcome: 'delivered' | 'failed'): void => {
    if (id === undefined) return;
    // Rows are ordered newest first, so the first event of a subscription is its latest.
    const before = counts.get(id) ?? { lastFiredAt: occurredAt, delivered: 0, failed: 0 };
    counts.set(id, { ...before, [outcome]: before[outcome] + 1 });
  };
  for (const row of rows) {
    // The event row of the last event may be beyond the limit. The other rows of that event are
    // then not counted.
    const event = events.get(eventKeyOf(row));
    if (event === undefined || event.test) continue;
    if (row.values['kind'] === 'chunk') {
      for (const { range, rowKey } of chunkOfRow(row).delivered)
        count(subscriptionIdAt(event, range, rowKey), event, 'delivered');
    }
    // `trouble` is the stored name of a delivery record. A copied one (`DeliveryRecord`) is already
    // counted in its chunk.
    if (row.values['kind'] === 'trouble' && row.values['copied'] !== true) {
      const { subscriptionId, status } = row.values;
      count(String(subscriptionId), event, status === 'delivered' ? 'delivered' : 'failed');
    }
  }
  const last = rows.at(-1);
  return { counts, sinceMs: rows.length >= ROWS_PER_INSTANCE && last ? instantOfKey(last.rowKey) : beginMs };
}

/** The part of the row key that all rows of one event share. */
function eventKeyOf({ rowKey }: StoredRow): string {
  return rowKey.slice(0, EVENT_KEY_LENGTH);
}
