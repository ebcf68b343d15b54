import { createHash } from 'node:crypto';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import { monthOf } from '../events/event-id.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Tables } from '../storage/tables.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';

/** A hash that changes when an instance has new events, deliveries or outcomes to show. */
export interface ChangeMark {
  readonly instanceId: string;
  readonly mark: string;
}

export interface ChangeMarkPorts {
  readonly tables: Pick<Tables, 'query'>;
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** A text that changes with each poll of the instance. Makes one storage request. */
  readonly pollMark: (instanceId: string) => Promise<string>;
}

/**
 * Maximum number of rows of an instance that a mark is computed from. An event with one subscriber
 * has two or three rows.
 */
const ROWS_WATCHED = 300;

/**
 * Computes one mark for each instance, from its newest events and deliveries of this month. A web
 * page that keeps the marks has to load its lists again only after a mark has changed. Makes one
 * storage request for each instance. `withPolls` makes the marks change with each poll too, and
 * takes one more request for each instance.
 */
export function changeMarks(
  ports: ChangeMarkPorts,
  { instanceIds, withPolls, nowMs }: { instanceIds: readonly string[]; withPolls: boolean; nowMs: number },
): Promise<ChangeMark[]> {
  return Promise.all(
    instanceIds.map(async (instanceId) => {
      const [activity, poll] = await Promise.all([
        newestActivity(ports, instanceId, nowMs),
        withPolls ? ports.pollMark(instanceId) : '',
      ]);
      return { instanceId, mark: markOf([...activity, poll]) };
    }),
  );
}

/**
 * Computes the mark of one subscription from its row, the last poll of its instance, and the newest
 * events and deliveries of that instance. Makes one storage request for each of the three.
 */
export async function subscriptionChangeMark(
  ports: ChangeMarkPorts,
  subscriptionId: string,
  nowMs: number,
): Promise<{ readonly kind: 'found'; readonly mark: ChangeMark } | Refusal> {
  const address = parseSubscriptionId(subscriptionId);
  if (address === undefined) return refusal('subscription-unknown', 'There is no subscription with this id.');
  const { instanceId } = address;
  const [activity, subscription, poll] = await Promise.all([
    newestActivity(ports, instanceId, nowMs),
    ports.store.load(subscriptionId),
    ports.pollMark(instanceId),
  ]);
  return { kind: 'found', mark: { instanceId, mark: markOf([...activity, subscription?.etag ?? '', poll]) } };
}

/** The keys and ETags of the newest rows. */
async function newestActivity({ tables }: ChangeMarkPorts, instanceId: string, nowMs: number): Promise<string[]> {
  // Index rows (which show when a delivery is due) sort after the rows of events, so `to` excludes
  // them.
  const query = { partition: instanceId, to: '~', limit: ROWS_WATCHED, select: ['kind'] };
  const { rows } = await tables.query(activityTable(monthOf(nowMs)), query);
  return rows.map(({ rowKey, etag }) => `${rowKey} ${etag}`);
}

function markOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 16);
}
