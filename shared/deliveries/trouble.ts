import type { Clock } from '../clock.ts';
import type { Queues } from '../storage/queues.ts';
import type { Row, StoredRow } from '../storage/tables.ts';
import { unreachable } from '../unreachable.ts';
import { addressOfEvent, troubleRowKey } from './activity-rows.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { parseDeliveryId } from './delivery-id.ts';
import type { Disposition } from './disposition.ts';
import { RETRIES_QUEUE, type RetryMessage } from './messages.ts';

/** What a delivery with a row of its own is doing. `pending` and first-time `delivered` have no such row. */
export type TroubleStatus = 'retrying' | 'parked' | 'delivered' | 'dead' | 'ended';

/** The row of a delivery that did not succeed at once. */
export interface Trouble {
  readonly deliveryId: string;
  readonly instanceId: string;
  readonly subscriptionId: string;
  /** Whose change it waits for: its subscription, or the successor that was looked at last. */
  readonly waitsFor: string;
  readonly status: TroubleStatus;
  /** Why it is where it is: the code of the last attempt, or why there was none. */
  readonly code: string;
  readonly attempts: readonly AttemptRecord[];
  /** Names the one message that may go on with it. */
  readonly nonce: string;
  /** When that message is due. */
  readonly dueAtMs: number;
  /** Who is working on it and until when; empty when nobody is. */
  readonly owner: string;
  readonly untilMs: number;
  /** An operator asked for one more attempt, whatever the status is: the message goes on with it, and a failure changes nothing settled. */
  readonly redelivering: boolean;
  /** Its first attempt delivered it, and is in its chunk's row too: counted there. */
  readonly copied: boolean;
  readonly etag: string;
}

const VERSION = 1;

export function isWaiting({ status }: Trouble): boolean {
  return status === 'retrying' || status === 'parked';
}

/** Whether its message is still to do something. */
export function isAwaited(trouble: Trouble): boolean {
  return isWaiting(trouble) || trouble.redelivering;
}

export function troubleRow(trouble: Trouble): Row {
  const address = parseDeliveryId(trouble.deliveryId);
  if (address === undefined) throw new Error('not a delivery id');
  return {
    partitionKey: trouble.instanceId,
    rowKey: troubleRowKey(addressOfEvent(address.eventId), address.range, address.rowKey),
    v: VERSION,
    kind: 'trouble',
    deliveryId: trouble.deliveryId,
    subscriptionId: trouble.subscriptionId,
    waitsFor: trouble.waitsFor,
    status: trouble.status,
    code: trouble.code,
    attempts: JSON.stringify(trouble.attempts.slice(-MAX_ATTEMPTS_KEPT)),
    nonce: trouble.nonce,
    dueAtMs: trouble.dueAtMs,
    owner: trouble.owner,
    untilMs: trouble.untilMs,
    ...(trouble.redelivering && { redelivering: true }),
    ...(trouble.copied && { copied: true }),
  };
}

/** A stored string holds 32,000 characters; operators may redeliver as often as they like. */
const MAX_ATTEMPTS_KEPT = 100;

export function troubleOfRow(row: StoredRow): Trouble {
  const { values } = row;
  return {
    deliveryId: String(values['deliveryId']),
    instanceId: row.partitionKey,
    subscriptionId: String(values['subscriptionId']),
    waitsFor: String(values['waitsFor'] ?? values['subscriptionId']),
    status: String(values['status']) as TroubleStatus,
    code: String(values['code']),
    attempts: JSON.parse(String(values['attempts'])) as AttemptRecord[],
    nonce: String(values['nonce']),
    dueAtMs: Number(values['dueAtMs']),
    owner: String(values['owner'] ?? ''),
    untilMs: Number(values['untilMs'] ?? 0),
    redelivering: values['redelivering'] === true,
    copied: values['copied'] === true,
    etag: row.etag,
  };
}

/** The status that a disposition leads to, and when the delivery is looked at again (0: never). */
export function statusOf(
  disposition: Exclude<Disposition, { kind: 'delivered' }>,
  nowMs: number,
): Pick<Trouble, 'status' | 'dueAtMs'> {
  switch (disposition.kind) {
    case 'retrying':
    case 'parked':
      return { status: disposition.kind, dueAtMs: nowMs + disposition.delayMs };
    case 'dead':
      return { status: 'dead', dueAtMs: 0 };
    case 'gone':
      return { status: 'ended', dueAtMs: 0 };
    default:
      return unreachable(disposition);
  }
}

/**
 * Sends the message that a waiting delivery owns; it is visible when the delivery is due. `after` is the nonce that the row still
 * has: should the message be faster than the write that names it, or that write never come, it is known as the next in line.
 */
export async function sendRetry(
  ports: { readonly queues: Queues; readonly clock: Clock },
  { deliveryId, nonce, dueAtMs }: Pick<Trouble, 'deliveryId' | 'nonce' | 'dueAtMs'>,
  after?: string,
): Promise<void> {
  const message: RetryMessage = { v: 1, kind: 'retry', deliveryId, nonce, ...(after !== undefined && { after }) };
  await ports.queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, dueAtMs - ports.clock.now()) });
}
