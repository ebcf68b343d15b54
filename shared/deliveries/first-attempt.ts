import type { OpenEvent } from '../events/open-event.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { attemptDelivery, type AttemptRequest } from './attempt.ts';
import { logAttempt } from './attempt-log.ts';
import type { Member } from './chunk.ts';
import type { Outcome } from './chunk-ledger.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { formatDeliveryId } from './delivery-id.ts';
import { dispositionOf } from './disposition.ts';
import { probing, waitOrEnd } from './hold.ts';
import { applyQuietly } from './subscription-effects.ts';
import { lookUpTarget, targetOf } from './target.ts';
import type { Trouble } from './trouble.ts';

/** Left for the next claim: the claim ran out before its turn. */
export interface Unsettled {
  readonly kind: 'unsettled';
}

/**
 * The first attempt of a delivery, or none when nobody may be called now. `effect` applies what the outcome means for the subscription that
 * was called; it never rejects for a failing storage.
 */
export async function firstAttempt(
  ports: ChunkPorts,
  open: OpenEvent,
  { range, subscription: own }: Member,
  { claimedUntilMs, spanned }: Pick<AttemptRequest, 'spanned'> & { readonly claimedUntilMs: () => number },
): Promise<{ readonly outcome: Outcome | Unsettled; readonly effect: () => Promise<void> }> {
  const { event } = open;
  const { rowKey } = own.address;
  const deliveryId = formatDeliveryId(event.eventId, range, rowKey);
  const troubled = (
    start: Pick<Trouble, 'status' | 'code' | 'dueAtMs' | 'attempts' | 'answer'>,
    waitsFor: Subscription,
  ): Outcome => ({
    kind: 'trouble',
    trouble: {
      ...start,
      deliveryId,
      instanceId: event.instanceId,
      subscriptionId: own.id,
      waitsFor: waitsFor.id,
      owner: '',
      untilMs: 0,
      redelivering: false,
      copied: false,
      indexed: false,
      etag: '',
    },
  });
  const nothing = (): Promise<void> => Promise.resolve();

  const seen = await targetOf(ports, own, ports.clock.now());
  // The audience was read before: a flow may have been saved again since, and take what its predecessor was owed.
  const looked = seen.kind === 'end' ? (await lookUpTarget(ports, own.id)).target : seen;
  const target = await probing(ports, looked);
  if (target.kind === 'park') {
    const start = { status: 'parked', code: target.code, dueAtMs: undefined, attempts: [] } as const;
    return { outcome: troubled(start, target.subscription), effect: nothing };
  }
  if (target.kind === 'end') {
    const start = { status: 'ended', code: target.code, dueAtMs: undefined, attempts: [] } as const;
    return { outcome: troubled(start, own), effect: nothing };
  }

  const called = target.subscription;
  const request: AttemptRequest = {
    event,
    deliveryId,
    own,
    called,
    number: 1,
    notAfterMs: claimedUntilMs,
    spanned,
  };
  const attempted = await attemptDelivery(ports, request);
  if (attempted.kind === 'too-late') return { outcome: { kind: 'unsettled' }, effect: nothing };
  const { record, verdict, answer } = attempted;
  const disposition = dispositionOf(verdict, {
    earlier: [],
    calledId: record.calledId,
    nowMs: ports.clock.now(),
    scheduleSeconds: ports.scheduleSeconds,
    jitter: ports.random.fraction(),
  });
  const nowMs = ports.clock.now();
  const readyAtMs = Date.parse(open.openedAt);
  logAttempt(ports.log, { request, record, disposition, readyAtMs, nowMs, isExtra: false });
  if (disposition.kind === 'delivered') {
    const effect = (): Promise<void> => applyQuietly(ports, called, disposition, nowMs);
    return { outcome: { kind: 'delivered', delivered: { range, rowKey, attempt: record } }, effect };
  }
  const { start, effect } = await waitOrEnd(ports, called, disposition, nowMs);
  return { outcome: troubled({ ...start, code: disposition.code, attempts: [record], answer }, called), effect };
}
