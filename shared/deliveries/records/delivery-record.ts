import type { Clock } from '../../clock.ts';
import type { Queues } from '../../storage/queues.ts';
import type { Row, StoredRow, Write } from '../../storage/tables.ts';
import { unreachable } from '../../unreachable.ts';
import { recordRowKey } from './activity-rows.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { addressOfDelivery } from './delivery-id.ts';
import type { Disposition } from '../attempt/disposition.ts';
import { answerColumn, answerOfColumn, type FailedAnswer } from '../failed-answer.ts';
import { RETRIES_QUEUE, type RetryMessage } from '../messages.ts';
import { dueKey, waitKey } from './record-index.ts';

/**
 * The status of a delivery that has a record. A delivery that is pending, or that succeeded at its
 * first attempt, has no record. `dead`: no attempt succeeded, and no retry follows. `ended`: given
 * up because there is no subscription left to call, for instance after an unsubscribe.
 */
export type RecordStatus = 'retrying' | 'parked' | 'delivered' | 'dead' | 'ended';

/** The row of a delivery whose first attempt did not succeed, or that an operator sent again. */
export interface DeliveryRecord {
  readonly deliveryId: string;
  readonly instanceId: string;
  readonly subscriptionId: string;
  /**
   * The id of the subscription that the delivery waits for: its own, or the last known successor.
   */
  readonly waitsFor: string;
  readonly status: RecordStatus;
  /** The code of the last attempt, or the reason why no attempt was made. */
  readonly code: string;
  readonly attempts: readonly AttemptRecord[];
  /** The response to the last failed attempt, if there was one. Earlier versions stored none. */
  readonly answer?: FailedAnswer | undefined;
  /**
   * When the next attempt is due. `undefined` when no attempt is planned, because the delivery has
   * an outcome or is parked. One of a flow's parked deliveries may be due as the probe: the call
   * that finds out whether the flow is on again.
   */
  readonly dueAtMs: number | undefined;
  /**
   * The claim of the worker that makes the next attempt. `undefined` when no worker has claimed the
   * record.
   */
  readonly claim: RecordClaim | undefined;
  /**
   * Whether an operator has requested a further attempt. If the delivery already has an outcome,
   * only a success changes it.
   */
  readonly redelivering: boolean;
  /**
   * Whether the first attempt succeeded and an operator then requested another one. The outcome is
   * also in the row of the chunk, so counts of deliveries skip this record.
   */
  readonly copied: boolean;
}

/** The worker that has claimed a record, and the end of its claim. */
export interface RecordClaim {
  /** A random token of the worker. */
  readonly owner: string;
  readonly untilMs: number;
}

/** A record as it was read. */
export interface StoredRecord extends DeliveryRecord {
  /**
   * Whether the index rows that `indexKeysOf` names exist. False when the previous release (0.9.0)
   * wrote the record last. It has no index rows and drops this column.
   */
  readonly indexed: boolean;
  readonly etag: string;
}

const VERSION = 1;
/**
 * Stored as the due time of a waiting delivery that has none: the end of the year 9999. The
 * previous release (0.9.0) then waits too, until a change of the subscription makes the delivery
 * due.
 */
const NOT_DUE_MS = 253_402_300_799_000;

export function isWaiting({ status }: Pick<DeliveryRecord, 'status'>): boolean {
  return status === 'retrying' || status === 'parked';
}

/** Whether a further attempt of the delivery is planned. Its due time may be in the future. */
export function isDue(record: DeliveryRecord): record is DeliveryRecord & { dueAtMs: number } {
  return record.dueAtMs !== undefined && (isWaiting(record) || record.redelivering);
}

/** Whether a worker holds a claim on the record. */
export function isClaimed({ claim }: DeliveryRecord, nowMs: number): boolean {
  return claim !== undefined && claim.untilMs > nowMs;
}

/**
 * The keys of a record's index rows: by due time, and by the subscription the delivery waits for.
 */
export function indexKeysOf(record: DeliveryRecord): readonly string[] {
  const recordKey = recordKeyOf(record.deliveryId);
  return [
    ...(isDue(record) ? [dueKey(record.dueAtMs, recordKey)] : []),
    ...(isWaiting(record) ? [waitKey(record.waitsFor, recordKey)] : []),
  ];
}

/**
 * How a record is written: only if there is none yet, in any case, or only if it has not changed
 * since `before` was read.
 */
export type RecordWrite =
  | { readonly kind: 'insert' }
  | { readonly kind: 'upsert' }
  | { readonly kind: 'replace'; readonly before: StoredRecord };

/**
 * The writes of the transaction that stores a record and its index rows. Deletes only index rows
 * that are known to exist, because deleting a missing row makes the whole transaction fail.
 */
export function recordWrites(after: DeliveryRecord, write: RecordWrite): [Write, ...Write[]] {
  // The keys of the index rows before and after. Those that stay are removed from `had`.
  const had = new Set(write.kind === 'replace' && write.before.indexed ? indexKeysOf(write.before) : []);
  const has = indexKeysOf(after);
  const row = recordRow(after);
  const indexRow = (rowKey: string): Row => ({ partitionKey: row.partitionKey, rowKey, kind: 'index' });
  return [
    write.kind === 'replace' ? { kind: 'replace', row, etag: write.before.etag } : { kind: write.kind, row },
    ...has.filter((key) => !had.delete(key)).map((key): Write => ({ kind: 'upsert', row: indexRow(key) })),
    ...[...had].map((key): Write => ({ kind: 'delete', row: indexRow(key), etag: '*' })),
  ];
}

function recordKeyOf(deliveryId: string): string {
  const { event, range, rowKey } = addressOfDelivery(deliveryId);
  return recordRowKey(event, range, rowKey);
}

/** Some column names differ from the code: see "Stored names" in docs/architecture.md. */
function recordRow(record: DeliveryRecord): Row {
  return {
    partitionKey: record.instanceId,
    rowKey: recordKeyOf(record.deliveryId),
    v: VERSION,
    kind: 'trouble',
    deliveryId: record.deliveryId,
    subscriptionId: record.subscriptionId,
    waitsFor: record.waitsFor,
    status: record.status,
    code: record.code,
    attempts: JSON.stringify(record.attempts.slice(-MAX_ATTEMPTS_KEPT)),
    answer: answerColumn(record.answer),
    nonce: NONCE,
    dueAtMs: isWaiting(record) ? (record.dueAtMs ?? NOT_DUE_MS) : (record.dueAtMs ?? 0),
    owner: record.claim?.owner ?? '',
    untilMs: record.claim?.untilMs ?? 0,
    indexed: true,
    ...(record.redelivering && { redelivering: true }),
    ...(record.copied && { copied: true }),
  };
}

/**
 * Maximum number of attempts that are kept, the newest. A string column holds 32,000 characters,
 * and the number of redeliveries is unlimited.
 */
const MAX_ATTEMPTS_KEPT = 100;
/**
 * The previous release (0.9.0) accepts a retry message only if it has the same nonce as the record.
 * Remove the nonce in the release after this one.
 */
const NONCE = 'any';

export function recordOfRow(row: StoredRow): StoredRecord {
  const { values } = row;
  const dueAtMs = Number(values['dueAtMs']);
  const owner = String(values['owner'] ?? '');
  return {
    deliveryId: String(values['deliveryId']),
    instanceId: row.partitionKey,
    subscriptionId: String(values['subscriptionId']),
    waitsFor: String(values['waitsFor'] ?? values['subscriptionId']),
    status: String(values['status']) as RecordStatus,
    code: String(values['code']),
    attempts: JSON.parse(String(values['attempts'])) as AttemptRecord[],
    answer: answerOfColumn(values['answer']),
    dueAtMs: dueAtMs === 0 || dueAtMs === NOT_DUE_MS ? undefined : dueAtMs,
    claim: owner === '' ? undefined : { owner, untilMs: Number(values['untilMs']) },
    redelivering: values['redelivering'] === true,
    copied: values['copied'] === true,
    indexed: values['indexed'] === true,
    etag: row.etag,
  };
}

/** The status and due time of a delivery after a failed attempt. */
export function statusOf(
  disposition: Exclude<Disposition, { kind: 'delivered' }>,
  nowMs: number,
): Pick<DeliveryRecord, 'status' | 'dueAtMs'> {
  switch (disposition.kind) {
    case 'retrying':
      return { status: 'retrying', dueAtMs: nowMs + disposition.delayMs };
    case 'parked':
      return { status: 'parked', dueAtMs: undefined };
    case 'dead':
      return { status: 'dead', dueAtMs: undefined };
    case 'gone':
      return { status: 'ended', dueAtMs: undefined };
    default:
      return unreachable(disposition);
  }
}

/**
 * Enqueues a retry message that becomes visible at the due time. The message is only a hint: the
 * record decides whether an attempt is made, and the reconciler replaces a lost message.
 */
export async function sendRetry(
  ports: { readonly queues: Queues; readonly clock: Clock },
  { deliveryId, dueAtMs }: { readonly deliveryId: string; readonly dueAtMs: number },
): Promise<void> {
  const message: RetryMessage = { v: 1, kind: 'retry', deliveryId, nonce: NONCE, dueAtMs };
  await ports.queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, dueAtMs - ports.clock.now()) });
}
