import { Type } from '@sinclair/typebox';
import { bodyRefusal } from '../body-error.ts';
import type { Refusal } from '../problem.ts';
import { allRows } from '../storage/all-rows.ts';
import type { StoredRow, Tables, Write } from '../storage/tables.ts';
import { inputValidatorOf } from '../validation.ts';
import { CONNECTIONS_TABLE, COUNT_KEY, REQUEST_PREFIX, type ConnectionStore } from './connection-store.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface MoveConnectionPorts {
  readonly tables: Tables;
  readonly store: Pick<SubscriptionStore, 'load' | 'writeTogether'>;
  readonly connections: Pick<ConnectionStore, 'findRequest' | 'forget'>;
}

/**
 * The formats of a connection id: a service key (hashed), an account that has signed in with Entra
 * (hashed), or `local` when neither is required.
 */
const connection = Type.String({ pattern: '^(local|(key|entra)-[A-Za-z0-9_-]{32})$' });
/** The body of a call that moves a connection. */
export const moveRequest = Type.Object({ from: connection, to: connection }, { additionalProperties: false });
export const validateMoveRequest = inputValidatorOf(moveRequest);

export interface Moved {
  readonly kind: 'moved';
  /** Subscriptions that this call moved. */
  readonly moved: number;
}

/**
 * Moves the subscriptions of one connection to another: their rows, their request and flow entries
 * (`ConnectionStore`), and the count. An operator does this after replacing a key, because the id
 * of a connection is derived from its key. Every step can be repeated, so a second call continues
 * where the first one failed. An entry stays where it is if the other connection already has an
 * entry with its key for another subscription. To move subscriptions back, wait until the first
 * call has returned.
 */
export async function moveConnection(ports: MoveConnectionPorts, body: unknown): Promise<Moved | Refusal> {
  const validated = validateMoveRequest(body);
  if (validated.kind === 'invalid') {
    return bodyRefusal(validated.errors);
  }
  const { from, to } = validated.value;
  let moved = 0;
  if (from === to) return { kind: 'moved', moved };
  for await (const entry of allRows(ports.tables, CONNECTIONS_TABLE, { partition: from })) {
    if (entry.rowKey === COUNT_KEY) continue;
    const isDone = await moveEntry(ports, entry, to);
    if (isDone && entry.rowKey.startsWith(REQUEST_PREFIX)) moved += 1;
  }
  await recount(ports.tables, to);
  await recount(ports.tables, from);
  return { kind: 'moved', moved };
}

/**
 * Moves a subscription, then an entry that names it, so that the copied entry always names a
 * subscription of its own connection. Returns false when the entry stays.
 */
async function moveEntry(ports: MoveConnectionPorts, entry: StoredRow, to: string): Promise<boolean> {
  const { tables, store } = ports;
  const { partitionKey: from, rowKey, values } = entry;
  const subscriptionId = String(values['subscriptionId']);
  const isRequest = rowKey.startsWith(REQUEST_PREFIX);
  const namesSame = (row: StoredRow): boolean => row.values['subscriptionId'] === subscriptionId;
  /**
   * Leaves the entry, because the other connection has this entry for another subscription. Moves
   * the subscription back, in case an earlier move failed after moving it.
   */
  const stays = async (): Promise<false> => {
    if (isRequest) await setConnection(store, subscriptionId, from);
    return false;
  };
  const existing = await tables.get(CONNECTIONS_TABLE, to, rowKey);
  if (existing && !namesSame(existing)) return stays();
  const subscription = await store.load(subscriptionId);
  if (subscription === undefined) {
    // `made` is the stored name of `isComplete`. The subscription of a complete entry was stored,
    // so it no longer exists. It ended after an earlier move had failed, and its end removed at
    // most one of the two entries. The subscription of an incomplete entry may still be being
    // created.
    for (const row of [existing, entry])
      if (row?.values['made'] === true)
        await tables.write(CONNECTIONS_TABLE, [{ kind: 'delete', row, etag: row.etag }]);
    return false;
  }
  const { trigger, requestKey } = subscription;
  // A flow entry is moved only after the request entry of its subscription.
  if (!isRequest && (await ports.connections.findRequest(from, trigger, requestKey))?.subscriptionId === subscriptionId)
    return false;
  await setConnection(store, subscriptionId, to);
  if (existing === undefined) {
    const copy = { ...values, partitionKey: to, rowKey };
    const inserted = await tables.write(CONNECTIONS_TABLE, [{ kind: 'insert', row: copy }]);
    // A conflict may come from this same insert, if its response was lost and the storage client
    // repeated it.
    const found = inserted.kind === 'written' ? undefined : await tables.get(CONNECTIONS_TABLE, to, rowKey);
    if (found && !namesSame(found)) return stays();
  }
  // The subscription may have ended since its entry was read. The call that ended it did not see
  // the copied entry.
  const hasEnded = isRequest && !(await isInUse(store, subscriptionId));
  if (hasEnded) await ports.connections.forget({ connection: to, trigger, requestKey, id: subscriptionId });
  const removed = await tables.write(CONNECTIONS_TABLE, [{ kind: 'delete', row: entry, etag: entry.etag }]);
  const remaining = removed.kind === 'written' ? undefined : await tables.get(CONNECTIONS_TABLE, from, rowKey);
  // Another request has changed the entry since.
  return remaining && namesSame(remaining) ? moveEntry(ports, remaining, to) : !hasEnded;
}

/** Whether a subscription still needs the entry of its request. */
async function isInUse(store: MoveConnectionPorts['store'], subscriptionId: string): Promise<boolean> {
  const subscription = await store.load(subscriptionId);
  return subscription !== undefined && subscription.status !== 'gone' && subscription.status !== 'deleted';
}

async function setConnection(
  store: MoveConnectionPorts['store'],
  subscriptionId: string,
  connection: string,
): Promise<void> {
  for (;;) {
    const subscription = await store.load(subscriptionId);
    if (subscription === undefined || subscription.connection === connection) return;
    if ((await store.writeTogether([{ ...subscription, connection }])).kind === 'written') return;
  }
}

/**
 * Sets the count of a connection to its number of request entries. Starts again when a concurrent
 * subscribe changes the count.
 */
async function recount(tables: Tables, connectionId: string): Promise<void> {
  for (;;) {
    const before = await tables.get(CONNECTIONS_TABLE, connectionId, COUNT_KEY);
    let count = 0;
    let next: string | undefined;
    do {
      const page = await tables.query(CONNECTIONS_TABLE, {
        partition: connectionId,
        from: REQUEST_PREFIX,
        to: `${REQUEST_PREFIX}~`,
        select: ['made'],
        ...(next !== undefined && { next }),
      });
      count += page.rows.length;
      next = page.next;
    } while (next !== undefined);
    const row = { partitionKey: connectionId, rowKey: COUNT_KEY, count };
    const write: Write = before ? { kind: 'replace', row, etag: before.etag } : { kind: 'insert', row };
    if ((await tables.write(CONNECTIONS_TABLE, [write])).kind === 'written') return;
  }
}
