import { unreachable } from '../../unreachable.ts';
import { recordStatus } from '../attempt/delivery-telemetry.ts';
import { runAttempt, type AttemptResult } from '../attempt/run-attempt.ts';
import { claimProbe, resolveTarget } from '../attempt/target.ts';
import type { FailedAnswer } from '../failed-answer.ts';
import type { RetryMessage } from '../messages.ts';
import type { ChunkPorts } from '../outbox/chunk-ports.ts';
import { addToWorkList } from '../reconciler/add-to-work-list.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import { addressOfDelivery } from '../records/delivery-id.ts';
import {
  isClaimed,
  isDue,
  isWaiting,
  sendRetry,
  type DeliveryRecord,
  type RecordClaim,
  type StoredRecord,
} from '../records/delivery-record.ts';

/**
 * A message that arrives at most this long before the due time is sent again with the remaining
 * delay. A message that arrives even earlier is dropped: the due time has been moved since, and the
 * message for the new due time is under way.
 */
const EARLY_MS = 60_000;

/**
 * Makes the next attempt of a delivery if the record says that it is due and that no other worker
 * has claimed it. The message is only a hint: a duplicate changes nothing, and the reconciler
 * replaces a lost one.
 */
export async function retryDelivery(ports: ChunkPorts, message: RetryMessage): Promise<void> {
  const record = await ports.activity.record(message.deliveryId);
  if (record === undefined || !isDue(record)) return;
  const nowMs = ports.clock.now();
  if (isClaimed(record, nowMs)) return;
  if (record.dueAtMs > nowMs) {
    if (record.dueAtMs - nowMs <= EARLY_MS) await sendRetry(ports, record);
    return;
  }
  const claimed = await claimRecord(ports, record, nowMs);
  if (claimed !== undefined) await retryClaimed(ports, claimed);
}

/** A record that this worker has claimed. */
interface ClaimedRecord extends StoredRecord {
  readonly claim: RecordClaim;
}

/** Claims a record. Returns `undefined` when another worker has claimed or changed it. */
async function claimRecord(ports: ChunkPorts, record: StoredRecord, nowMs: number): Promise<ClaimedRecord | undefined> {
  const claim: RecordClaim = { owner: ports.random.token(9), untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.replaceRecord(record, { ...record, claim });
  if (etag !== undefined) return { ...record, claim, indexed: true, etag };
  // A lost response makes the storage SDK repeat the write, which then conflicts with the first.
  const stored = await ports.activity.record(record.deliveryId);
  return stored?.claim?.owner === claim.owner ? { ...stored, claim: stored.claim } : undefined;
}

async function retryClaimed(ports: ChunkPorts, claimed: ClaimedRecord): Promise<void> {
  const { deliveryId } = claimed;
  const event = await ports.activity.event(addressOfDelivery(deliveryId).eventId);
  // Who wants the call if the subscription is not active: an operator who redelivers, or the probe,
  // which finds out whether a paused flow is on again. A parked delivery that is due is the probe.
  const probe = claimed.status === 'parked' ? 'probe' : undefined;
  const forcedBy = claimed.redelivering ? 'operator' : probe;
  const { own, target: resolved } = await resolveTarget(ports, claimed.subscriptionId, forcedBy);
  if (event === undefined) return finish(ports, claimed, { kind: 'ended', code: 'event-unknown' });
  const target = await claimProbe(ports, resolved);
  switch (target.kind) {
    case 'park':
      return finish(ports, claimed, { kind: 'parked', code: target.code, waitsFor: target.subscription.id });
    case 'end':
      return finish(ports, claimed, { kind: 'ended', code: target.code });
    case 'call':
      break;
    default:
      return unreachable(target);
  }
  const { subscription: called } = target;
  // If the delivery's own subscription has been removed, the body names the one that is called.
  const result = await runAttempt(ports, {
    event,
    deliveryId,
    own: own ?? called,
    called,
    number: nextNumber(claimed),
    earlier: claimed.attempts,
    notAfterMs: () => claimed.claim.untilMs,
    // Retries are few, so each gets a span in the trace.
    spanned: 'always',
    readyAtMs: claimed.dueAtMs ?? ports.clock.now(),
    // The delivery already has an outcome, but an operator wants one more attempt.
    isExtra: !isWaiting(claimed),
  });
  if (result.kind === 'too-late') {
    return finish(ports, claimed, { kind: 'postponed', dueAtMs: ports.clock.now() + 1000 });
  }
  await finish(ports, claimed, result.kind === 'failed' ? { ...result, waitsFor: called.id } : result);
  if (result.kind !== 'failed-extra') await result.effect();
}

function nextNumber({ attempts }: DeliveryRecord): number {
  return (attempts.at(-1)?.number ?? 0) + 1;
}

/** The outcome of a retry, to be applied to its record. */
type Step =
  | Pick<Extract<AttemptResult, { kind: 'delivered' }>, 'kind' | 'attempt'>
  | (Pick<Extract<AttemptResult, { kind: 'failed' }>, 'kind' | 'attempt' | 'answer' | 'code' | 'next'> & {
      readonly waitsFor: string;
    })
  /** An attempt failed that an operator requested although the delivery had an outcome. */
  | Extract<AttemptResult, { kind: 'failed-extra' }>
  /** The claim expired before a permit was available, or the process is stopping. */
  | { readonly kind: 'postponed'; readonly dueAtMs: number }
  | { readonly kind: 'parked'; readonly code: string; readonly waitsFor: string }
  | { readonly kind: 'ended'; readonly code: string };

/**
 * Stores the outcome of a retry. If the record has changed since it was claimed, the outcome is
 * applied to the current record:
 * - A success always counts. After a failure, a due time that was set meanwhile stays.
 * - While another worker holds the claim, that worker decides the next status and due time, because
 *   it may receive a `Retry-After`. This worker only adds its failed attempt to the record.
 */
async function finish(ports: ChunkPorts, claimed: ClaimedRecord, step: Step): Promise<void> {
  const attempt = 'attempt' in step ? step.attempt : undefined;
  let current: StoredRecord | undefined = claimed;
  while (current !== undefined && (attempt !== undefined || isDue(current))) {
    const { claim } = current;
    const isClaimedByOther = claim !== undefined && claim.owner !== claimed.claim.owner && step.kind !== 'delivered';
    if (isClaimedByOther && attempt === undefined) return;
    const next = isClaimedByOther
      ? withAttempt(current, attempt)
      : withStep(current, step, isRescheduled(current, claimed));
    await addToWorkList(ports, [next]);
    if ((await ports.activity.replaceRecord(current, next)) !== undefined) {
      if (next.status !== current.status) recordStatus(ports.telemetry, next.status);
      if (isDue(next) && !isClaimedByOther) await sendRetry(ports, next);
      return;
    }
    current = await ports.activity.record(claimed.deliveryId);
    // The record contains this attempt, so the write succeeded and only its response was lost.
    if (current && attempt && current.attempts.some(({ at }) => at === attempt.at)) return;
  }
}

function withAttempt(record: DeliveryRecord, attempt: AttemptRecord | undefined): DeliveryRecord {
  if (attempt === undefined) return record;
  return { ...record, attempts: [...record.attempts, { ...attempt, number: nextNumber(record) }] };
}

/**
 * Adds the response to a failed attempt, with the number of the attempt. If the attempt got no
 * response, the response to an earlier attempt stays.
 */
function withAnswer(record: DeliveryRecord, answer: FailedAnswer | undefined): DeliveryRecord {
  if (answer === undefined) return record;
  return { ...record, answer: { ...answer, attempt: record.attempts.at(-1)?.number ?? answer.attempt } };
}

/** Whether the status or due time was changed by another writer after the record was claimed. */
function isRescheduled(now: DeliveryRecord, before: DeliveryRecord): boolean {
  return now.dueAtMs !== before.dueAtMs || now.status !== before.status || now.redelivering !== before.redelivering;
}

/**
 * The record after a retry with this outcome, without the claim. Pure. `wasRescheduled`: another
 * writer has set a new due time or status since the record was claimed. A new due time stays,
 * unless the delivery succeeds or ends.
 */
function withStep(record: DeliveryRecord, step: Step, wasRescheduled: boolean): DeliveryRecord {
  const released = { ...record, claim: undefined };
  const notDue = { ...released, dueAtMs: undefined, redelivering: false };
  // Whether another writer has requested an attempt that is still to be made.
  const isRequested = wasRescheduled && isDue(record);
  const kept = isRequested ? released : notDue;
  switch (step.kind) {
    case 'postponed':
      return isRequested ? released : { ...released, dueAtMs: step.dueAtMs };
    case 'parked':
      return isRequested || !isWaiting(record)
        ? kept
        : { ...notDue, status: 'parked', code: step.code, waitsFor: step.waitsFor };
    case 'ended':
      return isWaiting(record) ? { ...notDue, status: 'ended', code: step.code } : kept;
    case 'delivered':
      return { ...withAttempt(notDue, step.attempt), status: 'delivered', code: 'delivered' };
    case 'failed-extra':
      return withAnswer(withAttempt(kept, step.attempt), step.answer);
    case 'failed': {
      const attempted = withAnswer(withAttempt(kept, step.attempt), step.answer);
      const { next, code, waitsFor } = step;
      // Another writer has stored an outcome or requested an attempt meanwhile, so only this
      // attempt is added.
      if (!isWaiting(record) || (isRequested && isWaiting(next))) return attempted;
      return { ...attempted, ...(!isRequested && { dueAtMs: next.dueAtMs }), status: next.status, code, waitsFor };
    }
    default:
      return unreachable(step);
  }
}
