import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { attemptDelivery, type AttemptRequest } from '../attempt/attempt.ts';
import { logAttempt } from '../attempt/attempt-log.ts';
import type { Recipient } from './chunk.ts';
import type { Outcome } from './chunk-outcomes.ts';
import type { ChunkPorts } from './chunk-ports.ts';
import { formatDeliveryId } from '../records/delivery-id.ts';
import { dispositionOf } from '../attempt/disposition.ts';
import { claimProbe, applyFailure } from '../attempt/apply-failure.ts';
import { applyQuietly } from '../subscription/subscription-effects.ts';
import { resolveTarget, targetOf } from '../attempt/target.ts';
import type { DeliveryRecord } from '../records/delivery-record.ts';

/** Left for the next claim: the claim ran out before its turn. */
export interface NotAttempted {
  readonly kind: 'unsettled';
}

/**
 * The first attempt of a delivery, or none when nobody may be called now. `effect` applies what the outcome means for the subscription that
 * was called; it never rejects for a failing storage.
 */
export async function firstAttempt(
  ports: ChunkPorts,
  open: OutboxEntry,
  { range, subscription: own }: Recipient,
  { claimedUntilMs, spanned }: Pick<AttemptRequest, 'spanned'> & { readonly claimedUntilMs: () => number },
): Promise<{ readonly outcome: Outcome | NotAttempted; readonly effect: () => Promise<void> }> {
  const { event } = open;
  const { rowKey } = own.address;
  const deliveryId = formatDeliveryId(event.eventId, range, rowKey);
  const troubled = (
    start: Pick<DeliveryRecord, 'status' | 'code' | 'dueAtMs' | 'attempts' | 'answer'>,
    waitsFor: Subscription,
  ): Outcome => ({
    kind: 'trouble',
    record: {
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
  const looked = seen.kind === 'end' ? (await resolveTarget(ports, own.id)).target : seen;
  const target = await claimProbe(ports, looked);
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
  const readyAtMs = Date.parse(open.committedAt);
  logAttempt(ports.log, { request, record, disposition, readyAtMs, nowMs, isExtra: false });
  if (disposition.kind === 'delivered') {
    const effect = (): Promise<void> => applyQuietly(ports, called, disposition, nowMs);
    return { outcome: { kind: 'delivered', delivered: { range, rowKey, attempt: record } }, effect };
  }
  const { start, effect } = await applyFailure(ports, called, disposition, nowMs);
  return { outcome: troubled({ ...start, code: disposition.code, attempts: [record], answer }, called), effect };
}
