import { unreachable } from '../unreachable.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { attemptDelivery } from './attempt.ts';
import type { AttemptRecord } from './attempt-record.ts';
import { parseDeliveryId } from './delivery-id.ts';
import { dispositionOf, type Disposition } from './disposition.ts';
import type { RetryMessage } from './messages.ts';
import { applyQuietly } from './subscription-effects.ts';
import { targetOf, type Target } from './target.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { isWaiting, sendRetry, statusOf, type Trouble } from './trouble.ts';

/** A message can be faster than the row it belongs to, which is written with its chunk's outcome. */
const ROW_COMES_MS = 30_000;

/**
 * One further attempt of a delivery, if this message is the one it waits for. A stray or repeated message changes nothing.
 */
export async function retryDelivery(ports: ChunkPorts, message: RetryMessage): Promise<void> {
  const trouble = await ports.activity.trouble(message.deliveryId);
  if (trouble === undefined) return awaitRow(ports, message);
  if (trouble.nonce !== message.nonce || !isWaiting(trouble)) return;
  const nowMs = ports.clock.now();
  if (trouble.owner !== '' && trouble.untilMs > nowMs) {
    // Somebody is at work. Should they be gone, this message is the only one left: it comes back when their claim has ended.
    return sendRetry(ports, { ...trouble, dueAtMs: trouble.untilMs });
  }
  if (trouble.dueAtMs > nowMs) return sendRetry(ports, trouble);
  const claimed: Trouble = { ...trouble, owner: ports.random.token(9), untilMs: nowMs + ports.claimMs };
  if ((await ports.activity.replaceTrouble(claimed)) === 'conflict')
    return sendRetry(ports, { ...trouble, dueAtMs: nowMs + 1000 });
  await goOn(ports, message.deliveryId, claimed);
}

/** No row yet: while its event is open the row may still come; afterwards the delivery is known to have been settled without one. */
async function awaitRow(ports: ChunkPorts, { deliveryId, nonce }: RetryMessage): Promise<void> {
  if (parseDeliveryId(deliveryId) === undefined) return;
  if ((await ports.activity.openEvent(eventIdOf(deliveryId))) === undefined) return;
  await sendRetry(ports, { deliveryId, nonce, dueAtMs: ports.clock.now() + ROW_COMES_MS });
}

function eventIdOf(deliveryId: string): string {
  const address = parseDeliveryId(deliveryId);
  if (address === undefined) throw new Error('not a delivery id');
  return address.eventId;
}

async function goOn(ports: ChunkPorts, deliveryId: string, claimed: Trouble): Promise<void> {
  const event = await ports.activity.event(eventIdOf(deliveryId));
  const own = await ports.store.load(claimed.subscriptionId);
  const target = await targetOf(ports.store, own, deliveryId, ports.clock.now());
  if (event === undefined) return finish(ports, claimed, { kind: 'ended', code: 'event-unknown' });
  switch (target.kind) {
    case 'park':
      return finish(ports, claimed, { kind: 'parked', code: target.code, dueAtMs: target.untilMs });
    case 'end':
      await expire(ports, target);
      return finish(ports, claimed, { kind: 'ended', code: target.code });
    case 'call':
      break;
    default:
      return unreachable(target);
  }
  const number = (claimed.attempts.at(-1)?.number ?? 0) + 1;
  const { subscription: called } = target;
  const attempted = await attemptDelivery(ports, {
    event,
    deliveryId,
    own: own ?? called,
    called,
    number,
    notAfterMs: () => claimed.untilMs,
  });
  if (attempted.kind === 'too-late')
    return finish(ports, claimed, { kind: 'parked', code: claimed.code, dueAtMs: ports.clock.now() });
  const { record, verdict } = attempted;
  const disposition = dispositionOf(verdict, {
    earlier: claimed.attempts,
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
  });
  const nowMs = ports.clock.now();
  await finish(ports, claimed, { kind: 'attempted', record, disposition });
  await applyQuietly(ports, called, deliveryId, disposition, nowMs);
}

/** A subscription whose flow stayed turned off for too long ends, and with it all that waits for it. */
async function expire(ports: ChunkPorts, target: Target & { kind: 'end' }): Promise<void> {
  const expired: Subscription | undefined = target.expired;
  if (expired) await ports.store.end({ ...expired, status: 'gone' });
}

type Step =
  | { readonly kind: 'attempted'; readonly record: AttemptRecord; readonly disposition: Disposition }
  | { readonly kind: 'parked'; readonly code: string; readonly dueAtMs: number }
  | { readonly kind: 'ended'; readonly code: string };

/**
 * Writes down what came of it. When somebody changed the row meanwhile (asked for it to go out now, or took over a claim that had run
 * out), the step is applied to what they left: a success stands whatever else happened, and a waiting delivery keeps their message.
 */
async function finish(ports: ChunkPorts, claimed: Trouble, step: Step): Promise<void> {
  let current: Trouble | undefined = claimed;
  while (current !== undefined && (isWaiting(current) || step.kind === 'attempted')) {
    const keepsMessage = current.nonce !== claimed.nonce;
    const next = applied(current, step, keepsMessage ? current.nonce : ports.random.token(9), ports.clock.now());
    if (isWaiting(next) && !keepsMessage) await sendRetry(ports, next);
    if ((await ports.activity.replaceTrouble(next)) === 'written') return;
    current = await ports.activity.trouble(claimed.deliveryId);
  }
}

function applied(trouble: Trouble, step: Step, nonce: string, nowMs: number): Trouble {
  const free = { ...trouble, nonce, owner: '', untilMs: 0 };
  const isForeign = trouble.nonce === nonce;
  switch (step.kind) {
    case 'parked':
      return { ...free, status: 'parked', code: step.code, dueAtMs: isForeign ? trouble.dueAtMs : step.dueAtMs };
    case 'ended':
      return { ...free, status: 'ended', code: step.code, dueAtMs: 0 };
    case 'attempted': {
      const attempts = [...trouble.attempts, step.record];
      if (step.disposition.kind === 'delivered')
        return { ...free, attempts, status: 'delivered', code: 'delivered', dueAtMs: 0 };
      // Settled by somebody else meanwhile: the attempt is noted, the outcome stays.
      if (!isWaiting(trouble)) return { ...trouble, attempts };
      const { status, dueAtMs } = statusOf(step.disposition, nowMs);
      return { ...free, attempts, status, code: step.disposition.code, dueAtMs: isForeign ? trouble.dueAtMs : dueAtMs };
    }
  }
}
