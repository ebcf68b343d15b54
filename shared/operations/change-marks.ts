import { createHash } from 'node:crypto';
import { activityTable } from '../deliveries/records/activity-rows.ts';
import { monthOf } from '../events/event-id.ts';
import { refusal, type Refusal } from '../problem.ts';
import type { Tables } from '../storage/tables.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import { parseSubscriptionId } from '../subscriptions/subscription-id.ts';

/** A text that differs after a change to what an operator sees of an instance. */
export interface ChangeMark {
  readonly instanceId: string;
  readonly mark: string;
}

export interface ChangeMarkPorts {
  readonly tables: Pick<Tables, 'query'>;
  readonly store: Pick<SubscriptionStore, 'load'>;
  /** A text that differs after each poll of the instance. Makes one storage request. */
  readonly pollMark: (instanceId: string) => Promise<string>;
}

/** Rows watched for each instance. An event with one subscriber has two or three rows. */
const ROWS_WATCHED = 300;

/**
 * One mark for each instance, computed from its newest events and deliveries of this month. A page
 * that keeps the marks reads its lists again only after a change. One storage request for each
 * instance. `withPolls`: the marks also differ after a poll, for one more request each.
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
 * The mark of one subscription: its row, the last poll of its instance, and the newest events and
 * deliveries there. One storage request for each of these three partitions.
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
  // Rows of indexes have keys after those of events, so `to` excludes them.
  const query = { partition: instanceId, to: '~', limit: ROWS_WATCHED, select: ['kind'] };
  const { rows } = await tables.query(activityTable(monthOf(nowMs)), query);
  return rows.map(({ rowKey, etag }) => `${rowKey} ${etag}`);
}

function markOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('base64url').slice(0, 16);
}
