import { resolveTarget } from '../deliveries/attempt/target.ts';
import { activityDroppedAtMs } from '../deliveries/lifetimes.ts';
import { RETRIES_QUEUE } from '../deliveries/messages.ts';
import { recordOfRow, type DeliveryRecord } from '../deliveries/records/delivery-record.ts';
import { isQueueBehind } from '../storage/is-queue-behind.ts';
import { isLost, lostRows, type LostRowsPorts } from './lost-deliveries.ts';
import { PACE_MS, pacedWrites } from './paced-writes.ts';
import { sendAgain, type RedeliverPorts } from './redeliver.ts';
import type { RecoveryStore, StoredRecovery } from './recovery.ts';

export interface ResumeRecoveryPorts extends RedeliverPorts, LostRowsPorts {
  readonly recoveries: RecoveryStore;
  readonly retentionMonths: number;
}

/**
 * Maximum number of deliveries in a batch. Their ids fit into one column, and their records are
 * written within seconds.
 */
const BATCH_SIZE = 100;
/**
 * How long a worker's claim on a batch lasts. Afterwards another worker sends the rest of the
 * batch.
 */
const CLAIM_MS = 60_000;
/**
 * How far ahead of the clock one step of the reconciler makes deliveries due. It is the default
 * time between two runs of the reconciler, so that deliveries become due without a gap.
 */
export const STEP_MS = 180_000;
/** Delay before the next step of the recovery. */
const AGAIN_MS = 60_000;
/** Maximum number of storage requests per search. */
const MAX_QUERIES = 500;
/**
 * Maximum number of searches in one step that find no delivery. Reached only with very many
 * instances.
 */
const MAX_SEARCHES = 20;

/**
 * Continues a recovery (`Recovery`) from where it stopped: makes deliveries due, `PACE_MS` apart,
 * up to `aheadMs` from now. Does nothing while the queue `retries` is backlogged, so that the
 * messages of other deliveries come first. Returns when to call it again, or `undefined` when the
 * recovery's row has been removed. Even if several workers call it at the same time, each delivery
 * gets only one attempt.
 */
export async function resumeRecovery(
  ports: ResumeRecoveryPorts,
  recoveryId: string,
  aheadMs: number = STEP_MS,
): Promise<number | undefined> {
  const startedMs = ports.clock.now();
  const againMs = startedMs + AGAIN_MS;
  let recovery = await ports.recoveries.read(recoveryId);
  if (recovery === undefined) return undefined;
  if (recovery.finishedAtMs !== undefined) return removeWhenOld(ports, recovery, recovery.finishedAtMs);
  if (recovery.batch.length > 0 && startedMs < recovery.claimedUntilMs) return againMs;
  if (await isQueueBehind(ports, RETRIES_QUEUE)) return againMs;
  for (let searches = 0; searches < MAX_SEARCHES && recovery.pacedUntilMs < startedMs + aheadMs;) {
    const found: Batch = await nextBatch(ports, recovery);
    const { records, ...batch } = found;
    const claimedUntilMs = ports.clock.now() + CLAIM_MS;
    const isFinished = batch.isSearched && batch.batch.length === 0;
    const finishedAtMs = isFinished ? ports.clock.now() : undefined;
    // The batch is stored before its deliveries are sent, so that after a crash another worker
    // sends exactly those that are left.
    const claimed = await ports.recoveries.save({ ...recovery, ...batch, claimedUntilMs, finishedAtMs }, recovery.etag);
    if (claimed === undefined) return againMs;
    if (isFinished) return removeWhenOld(ports, claimed, startedMs);
    if (batch.batch.length === 0) searches += 1;
    recovery = { ...claimed, ...(await sendBatch(ports, claimed, records)), batch: [] };
  }
  const finishedAtMs = recovery.isSearched ? ports.clock.now() : undefined;
  await ports.recoveries.save({ ...recovery, finishedAtMs }, recovery.etag);
  return againMs;
}

/** A finished recovery is kept as long as the activity of the month in which it ended. */
async function removeWhenOld(
  ports: ResumeRecoveryPorts,
  recovery: StoredRecovery,
  finishedAtMs: number,
): Promise<number | undefined> {
  const untilMs = activityDroppedAtMs(finishedAtMs, ports.retentionMonths);
  if (ports.clock.now() < untilMs) return untilMs;
  await ports.recoveries.remove(recovery);
  return undefined;
}

type Batch = Pick<StoredRecovery, 'batch' | 'cursor' | 'isSearched'> & {
  /** The records as they were read. Empty for a batch that another worker left unfinished. */
  readonly records: ReadonlyMap<string, DeliveryRecord>;
};

async function nextBatch(ports: ResumeRecoveryPorts, recovery: StoredRecovery): Promise<Batch> {
  const { batch, cursor, isSearched } = recovery;
  if (batch.length > 0 || isSearched) return { batch, cursor, isSearched, records: new Map() };
  const { rows, next } = await lostRows(ports, recovery, { from: cursor, limit: BATCH_SIZE, maxQueries: MAX_QUERIES });
  const records = rows.map(recordOfRow).filter((record) => !wasSent(recovery, record));
  return {
    batch: records.map(({ deliveryId }) => deliveryId),
    cursor: next,
    isSearched: next === undefined,
    records: new Map(records.map((record) => [record.deliveryId, record])),
  };
}

/**
 * Whether the delivery is being sent again or has had an attempt since the recovery started.
 * Another attempt would be one too many.
 */
function wasSent({ startedAtMs }: StoredRecovery, { redelivering, attempts }: DeliveryRecord): boolean {
  return redelivering || Date.parse(attempts.at(-1)?.at ?? '') >= startedAtMs;
}

async function sendBatch(
  ports: ResumeRecoveryPorts,
  recovery: StoredRecovery,
  records: Batch['records'],
): Promise<Pick<StoredRecovery, 'sent' | 'skipped' | 'pacedUntilMs'>> {
  const { batch } = recovery;
  const firstDueMs = Math.max(ports.clock.now(), recovery.pacedUntilMs);
  const canBeCalled = callableOnce(ports);
  const results = await pacedWrites(batch, firstDueMs, async (deliveryId, dueAtMs) => {
    const record = records.get(deliveryId) ?? (await ports.activity.record(deliveryId));
    if (record === undefined) return false;
    if (wasSent(recovery, record)) return true;
    if (!isLost(record) || !(await canBeCalled(record.subscriptionId))) return false;
    return (await sendAgain(ports, record, dueAtMs)) === 'written';
  });
  const sentNow = results.filter(Boolean).length;
  return {
    sent: recovery.sent + sentNow,
    skipped: recovery.skipped + results.length - sentNow,
    pacedUntilMs: firstDueMs + batch.length * PACE_MS,
  };
}

/**
 * Returns a function that says whether a subscription may be called. It reads each subscription
 * only once. A subscription that an operator has paused (status `disabled`) is not called, because
 * the request does not name it. Only `recover`, for that one subscription, calls it.
 */
function callableOnce(ports: ResumeRecoveryPorts): (subscriptionId: string) => Promise<boolean> {
  const results = new Map<string, Promise<boolean>>();
  const read = async (subscriptionId: string): Promise<boolean> => {
    const { target } = await resolveTarget(ports, subscriptionId, 'operator');
    if (target.kind !== 'call') return false;
    const { status, reason } = target.subscription;
    return !(status === 'disabled' && reason === 'operator');
  };
  return (subscriptionId) => {
    const result = results.get(subscriptionId) ?? read(subscriptionId);
    results.set(subscriptionId, result);
    return result;
  };
}
