import { activityTable, chunkOfRow, eventOfRow } from '../deliveries/records/activity-rows.ts';
import { monthsBetween } from '../deliveries/records/activity-store.ts';
import { EVENT_KEY_LENGTH, instantOfKey } from '../events/event-id.ts';
import type { Event } from '../events/event.ts';
import type { StoredRow, Tables } from '../storage/tables.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { subscriptionIdAt } from './delivery.ts';

/** What came of the latest events of a subscription, as far back as was looked. */
export interface SubscriptionActivity {
  /** The latest event that it was called for, or should have been. */
  readonly lastFiredAt?: string;
  readonly delivered: number;
  /** Deliveries that have not arrived: tried again, held, dead or ended. */
  readonly failed: number;
  /** Down to this instant the counts are whole. */
  readonly since: string;
}

/** Rows that are read of each instance: an event with one subscriber has two or three. */
const ROWS = 300;
/** A page of subscriptions of more instances than this is told without. */
const MAX_INSTANCES = 20;
const MONTH_MS = 31 * 24 * 3_600_000;

/**
 * The latest activity of the subscriptions of a page, from the rows that events leave anyway: a success writes nothing more for it. At most
 * two storage requests for each instance among them, whatever the number of subscriptions.
 */
export async function activityOf(
  tables: Tables,
  subscriptions: readonly Pick<Subscription, 'id' | 'instanceId'>[],
  nowMs: number,
): Promise<ReadonlyMap<string, SubscriptionActivity>> {
  const instanceIds = [...new Set(subscriptions.map(({ instanceId }) => instanceId))].slice(0, MAX_INSTANCES);
  const found = await Promise.all(instanceIds.map((instanceId) => ofInstance(tables, instanceId, nowMs)));
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

async function ofInstance(
  tables: Tables,
  instanceId: string,
  nowMs: number,
): Promise<{ readonly counts: ReadonlyMap<string, Counts>; readonly sinceMs: number }> {
  const rows: StoredRow[] = [];
  const beginMs = nowMs - MONTH_MS;
  // Behind the rows of events lie those of indexes.
  for (const month of monthsBetween(beginMs, nowMs).slice(0, 2)) {
    const query = { partition: instanceId, to: '~', limit: ROWS - rows.length };
    const page = await tables.query(activityTable(month), query);
    rows.push(...page.rows);
    if (rows.length >= ROWS) break;
  }
  const events = new Map<string, Event>();
  for (const row of rows) if (row.values['kind'] === 'event') events.set(keyOf(row), eventOfRow(row));
  const counts = new Map<string, Counts>();
  const count = (id: string | undefined, { occurredAt }: Event, what: 'delivered' | 'failed'): void => {
    if (id === undefined) return;
    // The newest come first.
    const before = counts.get(id) ?? { lastFiredAt: occurredAt, delivered: 0, failed: 0 };
    counts.set(id, { ...before, [what]: before[what] + 1 });
  };
  for (const row of rows) {
    // The last event may have been cut off before its row: it is not told.
    const event = events.get(keyOf(row));
    if (event === undefined || event.test) continue;
    if (row.values['kind'] === 'chunk') {
      for (const { range, rowKey } of chunkOfRow(row).delivered)
        count(subscriptionIdAt(event, range, rowKey), event, 'delivered');
    }
    if (row.values['kind'] === 'trouble' && row.values['copied'] !== true) {
      const { subscriptionId, status } = row.values;
      count(String(subscriptionId), event, status === 'delivered' ? 'delivered' : 'failed');
    }
  }
  const last = rows.at(-1);
  return { counts, sinceMs: rows.length >= ROWS && last ? instantOfKey(last.rowKey) : beginMs };
}

/** Rows of one event begin alike. */
function keyOf({ rowKey }: StoredRow): string {
  return rowKey.slice(0, EVENT_KEY_LENGTH);
}
