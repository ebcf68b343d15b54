import { unreachable } from '../unreachable.ts';
import { attemptDelivery, type AttemptRequest } from './attempt.ts';
import { logAttempt } from './attempt-log.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { parseDeliveryId } from './delivery-id.ts';
import { tellStatus } from './delivery-telemetry.ts';
import { dispositionOf, type Disposition } from './disposition.ts';
import type { RetryMessage } from './messages.ts';
import { releaseChanged } from './release.ts';
import { applyQuietly } from './subscription-effects.ts';
import { lookUpTarget, type Target } from './target.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { isAwaited, isWaiting, sendRetry, statusOf, type Trouble } from './trouble.ts';

/**
 * One further attempt of a delivery, if this message is the one it waits for. A stray or repeated message changes nothing.
 */
export async function retryDelivery(ports: ChunkPorts, message: RetryMessage): Promise<void> {
  const trouble = await ports.activity.trouble(message.deliveryId);
  if (trouble === undefined) return;
  // A further message is sent before the row names it: it may be here first, or be all that was done.
  const isAhead = trouble.nonce === message.after;
  if ((trouble.nonce !== message.nonce && !isAhead) || !isAwaited(trouble)) return;
  const { deliveryId, nonce, after } = message;
  const again = (dueAtMs: number): Promise<void> => sendRetry(ports, { deliveryId, nonce, dueAtMs }, after);
  const nowMs = ports.clock.now();
  // Somebody is at work. Should they be gone, this message is the only one left: it comes back when their claim has ended.
  if (trouble.owner !== '' && trouble.untilMs > nowMs) return again(trouble.untilMs);
  if (trouble.dueAtMs > nowMs && !isAhead) return again(trouble.dueAtMs);
  const claimed: Trouble = { ...trouble, nonce, owner: ports.random.token(9), untilMs: nowMs + ports.claimMs };
  const etag = await ports.activity.replaceTrouble(claimed);
  if (etag === undefined) return again(nowMs + 1000);
  await goOn(ports, message.deliveryId, { ...claimed, etag });
}

function eventIdOf(deliveryId: string): string {
  const address = parseDeliveryId(deliveryId);
  if (address === undefined) throw new Error('not a delivery id');
  return address.eventId;
}

async function goOn(ports: ChunkPorts, deliveryId: string, claimed: Trouble): Promise<void> {
  const event = await ports.activity.event(eventIdOf(deliveryId));
  const looked = await lookUpTarget(ports, claimed.subscriptionId, deliveryId, claimed.redelivering);
  const { own } = looked;
  const target = await orProbe(ports, looked.target);
  if (event === undefined) return finish(ports, claimed, { kind: 'ended', code: 'event-unknown' });
  switch (target.kind) {
    case 'park':
      return finish(ports, claimed, {
        kind: 'parked',
        code: target.code,
        dueAtMs: target.untilMs,
        waitsFor: target.subscription.id,
      });
    case 'end':
      if (!(await expire(ports, target))) return finish(ports, claimed, soon(ports));
      return finish(ports, claimed, { kind: 'ended', code: target.code });
    case 'call':
      break;
    default:
      return unreachable(target);
  }
  const number = nextNumber(claimed);
  const { subscription: called } = target;
  const request: AttemptRequest = {
    event,
    deliveryId,
    own: own ?? called,
    called,
    number,
    notAfterMs: () => claimed.untilMs,
    spanned: 'always',
  };
  const attempted = await attemptDelivery(ports, request);
  if (attempted.kind === 'too-late') return finish(ports, claimed, soon(ports));
  const { record, verdict } = attempted;
  const disposition = dispositionOf(verdict, {
    earlier: claimed.attempts,
    calledId: record.calledId,
    nowMs: ports.clock.now(),
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
  });
  const nowMs = ports.clock.now();
  const isExtra = !isWaiting(claimed);
  logAttempt(ports.log, { request, record, disposition, readyAtMs: claimed.dueAtMs, nowMs, isExtra });
  await finish(ports, claimed, { kind: 'attempted', record, disposition, waitsFor: called.id });
  // What an operator tries again is settled, and its subscription was judged by it then: only a success is news.
  if (!isExtra || disposition.kind === 'delivered') await applyQuietly(ports, called, deliveryId, disposition, nowMs);
}

/**
 * A paused subscription may wait for a probe that is settled: what that found out was never written down. Or for one that never came to be:
 * whoever took over its chunk delivered it, and who had found the flow turned off was too late. Whoever looks next is the probe then, for
 * nobody else would find out that the flow is on again.
 */
async function orProbe(
  { activity, clock, claimMs }: Pick<ChunkPorts, 'activity' | 'clock' | 'claimMs'>,
  target: Target,
): Promise<Target> {
  if (target.kind !== 'park' || target.subscription.status !== 'paused') return target;
  const { probe: deliveryId = '', pausedSince = '' } = target.subscription;
  const probe = await activity.trouble(deliveryId);
  // A probe's row follows the pause, before the claim on its chunk ends.
  const isAwaitedYet = probe ? isAwaited(probe) : Date.parse(pausedSince) + claimMs > clock.now();
  return isAwaitedYet ? target : { kind: 'call', subscription: target.subscription };
}

function nextNumber({ attempts }: Trouble): number {
  return (attempts.at(-1)?.number ?? 0) + 1;
}

/**
 * A subscription whose flow stayed turned off for too long ends, and with it all that waits for it. False: somebody changed it at this very
 * moment, who may have made it active.
 */
async function expire(ports: ChunkPorts, { expired }: Target & { kind: 'end' }): Promise<boolean> {
  return expired === undefined || (await ports.store.end({ ...expired, status: 'gone' })).kind === 'written';
}

type Step =
  | {
      readonly kind: 'attempted';
      readonly record: AttemptRecord;
      readonly disposition: Disposition;
      readonly waitsFor: string;
    }
  /** There was no place for an attempt in time, or somebody changed the subscription just now. */
  | { readonly kind: 'postponed'; readonly dueAtMs: number }
  | { readonly kind: 'parked'; readonly code: string; readonly dueAtMs: number; readonly waitsFor: string }
  | { readonly kind: 'ended'; readonly code: string };

function soon({ clock }: Pick<ChunkPorts, 'clock'>): Step {
  return { kind: 'postponed', dueAtMs: clock.now() + 1000 };
}

/**
 * Writes down what came of it. When somebody changed the row meanwhile (asked for it to go out now, or took over a claim that had run
 * out), the step is applied to what they left: a success stands whatever else happened, and a waiting delivery keeps their message. While
 * they are still at work, they decide how it goes on, for they may hear a `Retry-After`; a failed attempt is noted for them.
 */
async function finish(ports: ChunkPorts, claimed: Trouble, step: Step): Promise<void> {
  const isDelivered = step.kind === 'attempted' && step.disposition.kind === 'delivered';
  let current: Trouble | undefined = claimed;
  while (current !== undefined && (isAwaited(current) || step.kind === 'attempted')) {
    const isTheirs = current.owner !== '' && current.owner !== claimed.owner && !isDelivered;
    if (await (isTheirs ? noteFor(ports, current, step) : apply(ports, claimed, current, step))) return;
    current = await ports.activity.trouble(claimed.deliveryId);
    // What stood in the way was this very write: its answer had been lost.
    if (current && step.kind === 'attempted' && current.attempts.some(({ at }) => at === step.record.at)) return;
  }
}

/** Whether whoever is at work knows of the step: of any but an attempt they need not. */
async function noteFor({ activity }: Pick<ChunkPorts, 'activity'>, current: Trouble, step: Step): Promise<boolean> {
  if (step.kind !== 'attempted') return true;
  const noted = { ...current, attempts: withAttempt(current, step.record) };
  return (await activity.replaceTrouble(noted)) !== undefined;
}

/** Whether the step could be written over the row as it was read. */
async function apply(ports: ChunkPorts, claimed: Trouble, current: Trouble, step: Step): Promise<boolean> {
  const keepsMessage = current.nonce !== claimed.nonce;
  const next = applied(current, step, keepsMessage ? current.nonce : ports.random.token(9), ports.clock.now());
  if (isAwaited(next) && !keepsMessage) await sendRetry(ports, next, claimed.nonce);
  if ((await ports.activity.replaceTrouble(next)) === undefined) return false;
  if (next.status !== current.status) tellStatus(ports.telemetry, next.status);
  if (step.kind !== 'postponed') await releaseChanged(ports, [{ trouble: next, isHeld: step.kind === 'parked' }]);
  return true;
}

function withAttempt(trouble: Trouble, record: AttemptRecord): readonly AttemptRecord[] {
  return [...trouble.attempts, { ...record, number: nextNumber(trouble) }];
}

function applied(trouble: Trouble, step: Step, nonce: string, nowMs: number): Trouble {
  const isForeign = trouble.nonce === nonce;
  const due = (dueAtMs: number): Pick<Trouble, 'dueAtMs'> => (isForeign ? { dueAtMs: trouble.dueAtMs } : { dueAtMs });
  const free = { ...trouble, ...due(0), nonce, owner: '', untilMs: 0, redelivering: isForeign && trouble.redelivering };
  switch (step.kind) {
    case 'postponed':
      return { ...free, ...due(step.dueAtMs), redelivering: trouble.redelivering };
    case 'parked':
      return isWaiting(trouble)
        ? { ...free, ...due(step.dueAtMs), status: 'parked', code: step.code, waitsFor: step.waitsFor }
        : free;
    case 'ended':
      return isWaiting(trouble) ? { ...free, status: 'ended', code: step.code, dueAtMs: 0, redelivering: false } : free;
    case 'attempted': {
      const attempts = withAttempt(trouble, step.record);
      if (step.disposition.kind === 'delivered')
        return { ...free, attempts, status: 'delivered', code: 'delivered', dueAtMs: 0, redelivering: false };
      // Settled before, or by somebody else meanwhile: the attempt is noted, the outcome stays.
      if (!isWaiting(trouble)) return { ...free, attempts };
      const { status, dueAtMs } = statusOf(step.disposition, nowMs);
      return { ...free, ...due(dueAtMs), attempts, status, code: step.disposition.code, waitsFor: step.waitsFor };
    }
  }
}
