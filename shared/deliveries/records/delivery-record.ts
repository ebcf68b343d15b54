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

/** What a delivery with a row of its own is doing. `pending` and first-time `delivered` have no such row. */
export type RecordStatus = 'retrying' | 'parked' | 'delivered' | 'dead' | 'ended';

/** The row of a delivery that did not succeed at once. */
export interface DeliveryRecord {
  readonly deliveryId: string;
  readonly instanceId: string;
  readonly subscriptionId: string;
  /** Whose change it waits for: its subscription, or the successor that was looked at last. */
  readonly waitsFor: string;
  readonly status: RecordStatus;
  /** Why it is where it is: the code of the last attempt, or why there was none. */
  readonly code: string;
  readonly attempts: readonly AttemptRecord[];
  /** What the last attempt that failed was answered, if anything. Older records have none. */
  readonly answer?: FailedAnswer | undefined;
  /** When the next attempt is due. Absent when none is: settled, or parked until its subscription changes or a probe is due. */
  readonly dueAtMs: number | undefined;
  /** Who is working on it and until when; empty when nobody is. */
  readonly owner: string;
  readonly untilMs: number;
  /** An operator asked for one more attempt, whatever the status is: a failure changes nothing settled. */
  readonly redelivering: boolean;
  /** Its first attempt delivered it, and is in its chunk's row too: counted there. */
  readonly copied: boolean;
  /**
   * Whether the index rows of this record are those that `indexOf` names. False for a record that is not stored yet, and for one that was last
   * written by a version without index rows: it keeps no column that it does not know.
   */
  readonly indexed: boolean;
  readonly etag: string;
}

const VERSION = 1;
/**
 * The due time that is stored for a record without one, the last instant of the year 9999: a version without index rows takes it for a
 * delivery that is due later, which a release brings forward.
 */
const NOT_DUE_MS = 253_402_300_799_000;

export function isWaiting({ status }: Pick<DeliveryRecord, 'status'>): boolean {
  return status === 'retrying' || status === 'parked';
}

/** Whether a further attempt of it is due at some time. */
export function isDue(record: DeliveryRecord): record is DeliveryRecord & { dueAtMs: number } {
  return record.dueAtMs !== undefined && (isWaiting(record) || record.redelivering);
}

/** The keys of the index rows that a record has: by due time, and by the subscription that it waits for. */
export function indexKeysOf(record: DeliveryRecord): readonly string[] {
  const recordKey = recordKeyOf(record.deliveryId);
  return [
    ...(isDue(record) ? [dueKey(record.dueAtMs, recordKey)] : []),
    ...(isWaiting(record) ? [waitKey(record.waitsFor, recordKey)] : []),
  ];
}

/**
 * The writes of one transaction that put a record in the place of `before`, which is what was read (absent: there is none), with its index
 * rows. Only index rows that are known to be there are deleted: a transaction that deletes a missing row fails as a whole.
 */
export function recordWrites(
  after: DeliveryRecord,
  before: DeliveryRecord | undefined,
  kind: 'insert' | 'replace' | 'upsert',
): [Write, ...Write[]] {
  const had = new Set(before?.indexed === true ? indexKeysOf(before) : []);
  const has = indexKeysOf(after);
  const row = recordRow(after);
  const indexRow = (rowKey: string): Row => ({ partitionKey: row.partitionKey, rowKey, kind: 'index' });
  return [
    kind === 'replace' ? { kind, row, etag: before?.etag ?? '' } : { kind, row },
    ...has.filter((key) => !had.delete(key)).map((key): Write => ({ kind: 'upsert', row: indexRow(key) })),
    ...[...had].map((key): Write => ({ kind: 'delete', row: indexRow(key), etag: '*' })),
  ];
}

function recordKeyOf(deliveryId: string): string {
  const { event, range, rowKey } = addressOfDelivery(deliveryId);
  return recordRowKey(event, range, rowKey);
}

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
    owner: record.owner,
    untilMs: record.untilMs,
    indexed: true,
    ...(record.redelivering && { redelivering: true }),
    ...(record.copied && { copied: true }),
  };
}

/** A stored string holds 32,000 characters; operators may redeliver as often as they like. */
const MAX_ATTEMPTS_KEPT = 100;
/** The version before takes a retry message only when it has the nonce of its record: the same for all. Not needed from the next one on. */
const NONCE = 'any';

export function recordOfRow(row: StoredRow): DeliveryRecord {
  const { values } = row;
  const dueAtMs = Number(values['dueAtMs']);
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
    owner: String(values['owner'] ?? ''),
    untilMs: Number(values['untilMs'] ?? 0),
    redelivering: values['redelivering'] === true,
    copied: values['copied'] === true,
    indexed: values['indexed'] === true,
    etag: row.etag,
  };
}

/** The status that a disposition leads to, and when the delivery is due again. */
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
 * Hints to a worker that a delivery is due; it sees the message then. Whether there is anything to do stands in the record alone. A
 * message that is lost is sent again by the reconciler.
 */
export async function sendRetry(
  ports: { readonly queues: Queues; readonly clock: Clock },
  { deliveryId, dueAtMs }: { readonly deliveryId: string; readonly dueAtMs: number },
): Promise<void> {
  const message: RetryMessage = { v: 1, kind: 'retry', deliveryId, nonce: NONCE, dueAtMs };
  await ports.queues.send(RETRIES_QUEUE, message, { delayMs: Math.max(0, dueAtMs - ports.clock.now()) });
}
