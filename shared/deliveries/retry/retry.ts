import { unreachable } from '../../unreachable.ts';
import { attemptDelivery, type AttemptRequest } from '../attempt/attempt.ts';
import { logAttempt } from '../attempt/attempt-log.ts';
import type { AttemptRecord } from '../records/attempt-record.ts';
import type { ChunkPorts } from '../outbox/chunk-ports.ts';
import { addressOfDelivery } from '../records/delivery-id.ts';
import { recordStatus } from '../attempt/delivery-telemetry.ts';
import { dispositionOf, type Disposition } from '../attempt/disposition.ts';
import { claimProbe, applyFailure } from '../attempt/apply-failure.ts';
import type { FailedAnswer } from '../failed-answer.ts';
import type { RetryMessage } from '../messages.ts';
import { applyQuietly } from '../subscription/subscription-effects.ts';
import { resolveTarget } from '../attempt/target.ts';
import { isDue, isWaiting, sendRetry, type DeliveryRecord } from '../records/delivery-record.ts';
import { addToWorkList } from '../reconciler/add-to-work-list.ts';

/** A message that is this early is kept until its delivery is due; any other is dropped, for the delivery got a later due time. */
const EARLY_MS = 60_000;

/**
 * One further attempt of a delivery, if its record says that one is due and nobody is at it. A message is only a hint: one too many
 * changes nothing, and one that is lost is sent again by the reconciler.
 */
export async function retryDelivery(ports: ChunkPorts, message: RetryMessage): Promise<void> {
  const trouble = await ports.activity.record(message.deliveryId);
  if (trouble === undefined || !isDue(trouble)) return;
  const nowMs = ports.clock.now();
  if (trouble.owner !== '' && trouble.untilMs > nowMs) return;
  if (trouble.dueAtMs > nowMs) {
    if (trouble.dueAtMs - nowMs <= EARLY_MS) await sendRetry(ports, trouble);
    return;
  }
  const claimed = await claim(ports, trouble, nowMs);
  if (claimed !== undefined) await goOn(ports, claimed);
}

/** `undefined`: somebody else claimed or changed it, and sees to it. */
async function claim(ports: ChunkPorts, trouble: DeliveryRecord, nowMs: number): Promise<DeliveryRecord | undefined> {
  const claimed: DeliveryRecord = { ...trouble, owner: ports.random.token(9), untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.replaceRecord(trouble, claimed);
  if (etag !== undefined) return { ...claimed, indexed: true, etag };
  // The write may have taken effect although its answer was lost and the client sent it again.
  const stored = await ports.activity.record(trouble.deliveryId);
  return stored?.owner === claimed.owner ? stored : undefined;
}

async function goOn(ports: ChunkPorts, claimed: DeliveryRecord): Promise<void> {
  const { deliveryId } = claimed;
  const event = await ports.activity.event(addressOfDelivery(deliveryId).eventId);
  // A parked delivery that is due is the probe of its subscription.
  const insists = claimed.redelivering || (claimed.status === 'parked' && 'probe');
  const { own, target: looked } = await resolveTarget(ports, claimed.subscriptionId, insists);
  if (event === undefined) return finish(ports, claimed, { kind: 'ended', code: 'event-unknown' });
  const target = await claimProbe(ports, looked);
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
  const request: AttemptRequest = {
    event,
    deliveryId,
    own: own ?? called,
    called,
    number: nextNumber(claimed),
    notAfterMs: () => claimed.untilMs,
    spanned: 'always',
  };
  const attempted = await attemptDelivery(ports, request);
  if (attempted.kind === 'too-late') {
    return finish(ports, claimed, { kind: 'postponed', dueAtMs: ports.clock.now() + 1000 });
  }
  const { record, verdict, answer } = attempted;
  const nowMs = ports.clock.now();
  const disposition = dispositionOf(verdict, {
    earlier: claimed.attempts,
    calledId: record.calledId,
    nowMs,
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
    ...(called.resumedAt !== undefined && { resumedAtMs: Date.parse(called.resumedAt) }),
  });
  const isExtra = !isWaiting(claimed);
  logAttempt(ports.log, { request, record, disposition, readyAtMs: claimed.dueAtMs ?? nowMs, nowMs, isExtra });
  if (disposition.kind === 'delivered') {
    await finish(ports, claimed, { kind: 'delivered', record });
    return applyQuietly(ports, called, disposition, nowMs);
  }
  // What an operator tries again is settled, and its subscription was judged by it then: only a success is news.
  if (isExtra) return finish(ports, claimed, { kind: 'noted', record, answer });
  const { start, effect } = await applyFailure(ports, called, disposition, nowMs);
  await finish(ports, claimed, { kind: 'failed', record, answer, start, disposition, waitsFor: called.id });
  return effect();
}

function nextNumber({ attempts }: DeliveryRecord): number {
  return (attempts.at(-1)?.number ?? 0) + 1;
}

type Step =
  | { readonly kind: 'delivered'; readonly record: AttemptRecord }
  | {
      readonly kind: 'failed';
      readonly record: AttemptRecord;
      readonly answer: FailedAnswer | undefined;
      readonly start: Pick<DeliveryRecord, 'status' | 'dueAtMs'>;
      readonly disposition: Exclude<Disposition, { kind: 'delivered' }>;
      readonly waitsFor: string;
    }
  /** An attempt failed that changes nothing: its delivery was settled before. */
  | { readonly kind: 'noted'; readonly record: AttemptRecord; readonly answer: FailedAnswer | undefined }
  /** There was no place for an attempt in time. */
  | { readonly kind: 'postponed'; readonly dueAtMs: number }
  | { readonly kind: 'parked'; readonly code: string; readonly waitsFor: string }
  | { readonly kind: 'ended'; readonly code: string };

/**
 * Writes down what came of it. When somebody changed the record meanwhile (asked for it to go out now, or took over a claim that had run
 * out), the step is applied to what they left: a success stands whatever else happened, and a due time that they gave it stays. While
 * they are still at work, they decide how it goes on, for they may hear a `Retry-After`; a failed attempt is noted for them.
 */
async function finish(ports: ChunkPorts, claimed: DeliveryRecord, step: Step): Promise<void> {
  const record = 'record' in step ? step.record : undefined;
  let current: DeliveryRecord | undefined = claimed;
  while (current !== undefined && (record !== undefined || isDue(current))) {
    const isTheirs = current.owner !== '' && current.owner !== claimed.owner && step.kind !== 'delivered';
    if (isTheirs && record === undefined) return;
    const next = isTheirs ? withAttempt(current, record) : withStep(current, step, isChanged(current, claimed));
    await addToWorkList(ports, [next]);
    if ((await ports.activity.replaceRecord(current, next)) !== undefined) {
      if (next.status !== current.status) recordStatus(ports.telemetry, next.status);
      if (isDue(next) && !isTheirs) await sendRetry(ports, next);
      return;
    }
    current = await ports.activity.record(claimed.deliveryId);
    // What stood in the way was this very write: its answer had been lost.
    if (current && record && current.attempts.some(({ at }) => at === record.at)) return;
  }
}

function withAttempt(trouble: DeliveryRecord, record: AttemptRecord | undefined): DeliveryRecord {
  if (record === undefined) return trouble;
  return { ...trouble, attempts: [...trouble.attempts, { ...record, number: nextNumber(trouble) }] };
}

/** The answer goes with the number that its attempt got. An attempt without one leaves that of an earlier one. */
function withAnswer(trouble: DeliveryRecord, answer: FailedAnswer | undefined): DeliveryRecord {
  if (answer === undefined) return trouble;
  return { ...trouble, answer: { ...answer, attempt: trouble.attempts.at(-1)?.number ?? answer.attempt } };
}

/** Whether somebody else decided since `before` how it goes on. */
function isChanged(now: DeliveryRecord, before: DeliveryRecord): boolean {
  return now.dueAtMs !== before.dueAtMs || now.status !== before.status || now.redelivering !== before.redelivering;
}

/** Pure. `isForeign`: somebody else gave it another due time or status since it was claimed, which stands unless it is delivered. */
function withStep(trouble: DeliveryRecord, step: Step, isForeign: boolean): DeliveryRecord {
  const free = { ...trouble, owner: '', untilMs: 0 };
  const settled = { ...free, dueAtMs: undefined, redelivering: false };
  // What somebody asked for meanwhile is still to come.
  const isAskedFor = isForeign && isDue(trouble);
  const kept = isAskedFor ? free : settled;
  switch (step.kind) {
    case 'postponed':
      return isAskedFor ? free : { ...free, dueAtMs: step.dueAtMs };
    case 'parked':
      return isAskedFor || !isWaiting(trouble)
        ? kept
        : { ...settled, status: 'parked', code: step.code, waitsFor: step.waitsFor };
    case 'ended':
      return isWaiting(trouble) ? { ...settled, status: 'ended', code: step.code } : kept;
    case 'delivered':
      return { ...withAttempt(settled, step.record), status: 'delivered', code: 'delivered' };
    case 'noted':
      return withAnswer(withAttempt(kept, step.record), step.answer);
    case 'failed': {
      const noted = withAnswer(withAttempt(kept, step.record), step.answer);
      const { start, disposition, waitsFor } = step;
      // Settled by somebody else meanwhile: the attempt is noted, the outcome stays.
      if (!isWaiting(trouble) || (isAskedFor && isWaiting(start))) return noted;
      return {
        ...noted,
        ...(!isAskedFor && { dueAtMs: start.dueAtMs }),
        status: start.status,
        code: disposition.code,
        waitsFor,
      };
    }
    default:
      return unreachable(step);
  }
}
