import type { OutboxEntry } from '../../events/outbox-entry.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { unreachable } from '../../unreachable.ts';
import type { AttemptRequest } from '../attempt/attempt-request.ts';
import { runAttempt } from '../attempt/run-attempt.ts';
import { claimProbe, resolveTarget, targetOf } from '../attempt/target.ts';
import { formatDeliveryId } from '../records/delivery-id.ts';
import type { DeliveryRecord } from '../records/delivery-record.ts';
import type { Recipient } from './chunk.ts';
import type { Outcome } from './chunk-outcomes.ts';
import type { ChunkPorts } from './chunk-ports.ts';

/**
 * The chunk's claim expired before the attempt could start, or the process is stopping. The worker
 * with the next claim makes the attempt.
 */
export interface NotAttempted {
  readonly kind: 'not-attempted';
}

export interface FirstAttempt {
  readonly outcome: Outcome | NotAttempted;
  /** Updates the subscription that was called. Does not reject when storage fails. */
  readonly effect: () => Promise<void>;
}

/**
 * Makes the first attempt of a delivery, or none when its subscription may not be called at this
 * moment.
 */
export async function firstAttempt(
  ports: ChunkPorts,
  entry: OutboxEntry,
  { range, subscription: own }: Recipient,
  { claimedUntilMs, spanned }: Pick<AttemptRequest, 'spanned'> & { readonly claimedUntilMs: () => number },
): Promise<FirstAttempt> {
  const { event } = entry;
  const { rowKey } = own.address;
  const deliveryId = formatDeliveryId(event.eventId, range, rowKey);
  const nothing = (): Promise<void> => Promise.resolve();
  const recorded = (
    state: Pick<DeliveryRecord, 'status' | 'code' | 'dueAtMs' | 'attempts' | 'answer'>,
    waitsFor: Subscription,
  ): Outcome => ({
    kind: 'recorded',
    record: {
      ...state,
      deliveryId,
      instanceId: event.instanceId,
      subscriptionId: own.id,
      waitsFor: waitsFor.id,
      claim: undefined,
      redelivering: false,
      copied: false,
    },
  });

  const asRead = await targetOf(ports, own, ports.clock.now());
  // The subscription was read earlier, with the other recipients. If its flow has been saved since
  // then, the delivery may have to go to the successor.
  const resolved = asRead.kind === 'end' ? (await resolveTarget(ports, own.id)).target : asRead;
  const target = await claimProbe(ports, resolved);
  if (target.kind === 'park') {
    const state = { status: 'parked', code: target.code, dueAtMs: undefined, attempts: [] } as const;
    return { outcome: recorded(state, target.subscription), effect: nothing };
  }
  if (target.kind === 'end') {
    const state = { status: 'ended', code: target.code, dueAtMs: undefined, attempts: [] } as const;
    return { outcome: recorded(state, own), effect: nothing };
  }

  const called = target.subscription;
  const result = await runAttempt(ports, {
    event,
    deliveryId,
    own,
    called,
    number: 1,
    earlier: [],
    notAfterMs: claimedUntilMs,
    spanned,
    readyAtMs: Date.parse(entry.committedAt),
    isExtra: false,
  });
  switch (result.kind) {
    case 'too-late':
      return { outcome: { kind: 'not-attempted' }, effect: nothing };
    case 'delivered':
      return {
        outcome: { kind: 'delivered', delivered: { range, rowKey, attempt: result.attempt } },
        effect: result.effect,
      };
    case 'failed': {
      const { next, code, attempt, answer, effect } = result;
      return { outcome: recorded({ ...next, code, attempts: [attempt], answer }, called), effect };
    }
    case 'failed-extra':
      throw new Error('a first attempt is never extra');
    default:
      return unreachable(result);
  }
}
