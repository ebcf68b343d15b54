import { Type } from '@sinclair/typebox';
import { bodyRefusal } from '../body-error.ts';
import type { Refusal } from '../problem.ts';
import { allRows } from '../storage/all-rows.ts';
import type { StoredRow, Tables, Write } from '../storage/tables.ts';
import { inputValidatorOf } from '../validation.ts';
import { CONNECTIONS_TABLE, COUNT_KEY, REQUEST_PREFIX } from './connection-store.ts';
import type { SubscriptionStore } from './subscription-store.ts';

export interface MoveConnectionPorts {
  readonly tables: Tables;
  readonly store: Pick<SubscriptionStore, 'load' | 'writeTogether'>;
}

/** The forms in which callers become connections. */
const connection = Type.String({ pattern: '^(local|(key|entra)-[A-Za-z0-9_-]{32})$' });
/** The body of a call that moves a connection. */
export const moveRequest = Type.Object({ from: connection, to: connection }, { additionalProperties: false });
const validate = inputValidatorOf(moveRequest);

export interface Moved {
  readonly kind: 'moved';
  /** Subscriptions that this call moved. */
  readonly moved: number;
}

/**
 * Makes the subscriptions of one connection another's, after a key was rotated: their rows, what is known of them by request and by
 * flow, and the count. Every step may be done twice, so the same call goes on where another broke off. A request or flow that the other
 * connection has a subscription for already stays where it is.
 */
export async function moveConnection(ports: MoveConnectionPorts, body: unknown): Promise<Moved | Refusal> {
  const validated = validate(body);
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

/** The subscription first: whoever finds the entry in its new place finds it theirs. False: it stays. */
async function moveEntry({ tables, store }: MoveConnectionPorts, entry: StoredRow, to: string): Promise<boolean> {
  const { rowKey, values } = entry;
  const taken = await tables.get(CONNECTIONS_TABLE, to, rowKey);
  if (taken !== undefined && taken.values['subscriptionId'] !== values['subscriptionId']) return false;
  for (;;) {
    const subscription = await store.load(String(values['subscriptionId']));
    // It is being made, and belongs to whoever makes it; or it is gone, and nobody misses it.
    if (subscription === undefined) return false;
    if (subscription.connection === to) break;
    if ((await store.writeTogether([{ ...subscription, connection: to }])).kind === 'written') break;
  }
  const copy = { ...values, partitionKey: to, rowKey };
  if (
    taken === undefined &&
    (await tables.write(CONNECTIONS_TABLE, [{ kind: 'insert', row: copy }])).kind !== 'written'
  )
    return false;
  const removed = await tables.write(CONNECTIONS_TABLE, [{ kind: 'delete', row: entry, etag: entry.etag }]);
  return removed.kind === 'written';
}

/** Brings the count of a connection to what it has. Somebody who subscribes meanwhile changes the count: then it is done again. */
async function recount(tables: Tables, of: string): Promise<void> {
  for (;;) {
    const before = await tables.get(CONNECTIONS_TABLE, of, COUNT_KEY);
    let count = 0;
    let next: string | undefined;
    do {
      const page = await tables.query(CONNECTIONS_TABLE, {
        partition: of,
        from: REQUEST_PREFIX,
        to: `${REQUEST_PREFIX}~`,
        select: ['made'],
        ...(next !== undefined && { next }),
      });
      count += page.rows.length;
      next = page.next;
    } while (next !== undefined);
    const row = { partitionKey: of, rowKey: COUNT_KEY, count };
    const write: Write = before ? { kind: 'replace', row, etag: before.etag } : { kind: 'insert', row };
    if ((await tables.write(CONNECTIONS_TABLE, [write])).kind === 'written') return;
  }
}
