import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { StorageError } from '../../storage/tables.ts';
import { resume } from '../../subscriptions/store-subscription.ts';
import { withNotice } from '../../subscriptions/status-notice.ts';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { unreachable } from '../../unreachable.ts';
import type { WorkList } from '../../work/work-list.ts';
import type { Disposition } from '../attempt/disposition.ts';
import { recordOff, probeFailed } from './pause.ts';
import { nextProbeMs } from '../attempt/target.ts';
import { FAILING_MS, nextHealth, type SubscriptionHealth } from './subscription-health.ts';

export interface EffectPorts {
  readonly store: SubscriptionStore;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly work: Pick<WorkList, 'add'>;
  /**
   * Sends the message `release`: a worker makes the deliveries that wait for the subscription due,
   * and sends its notices to the operator's webhook.
   */
  readonly release: (subscription: Subscription) => Promise<void>;
  /**
   * Whether the operator has a webhook (setting `OPERATOR_WEBHOOK_URL`). Each time a subscription
   * becomes paused, disabled or gone, it gets a notice, which is kept until the webhook has
   * received it.
   */
  readonly notifiesOperator: boolean;
}

/**
 * After an attempt, updates the subscription that was called. Writes nothing when nothing changes:
 * for instance, the attempt succeeded and the subscription had no failures, or another writer has
 * deleted or superseded the subscription in the meantime.
 */
export async function applyToSubscription(
  ports: EffectPorts,
  called: Subscription,
  disposition: Disposition,
  nowMs: number,
): Promise<void> {
  let current: Subscription | undefined = called;
  for (let tries = 0; current !== undefined && tries < 5; tries++) {
    const change = subscriptionAfter(current, disposition, nowMs);
    if (change === undefined) return;
    const code = 'code' in disposition ? disposition.code : 'delivered';
    const next = ports.notifiesOperator ? withNotice(current, change, { code, nowMs }) : change;
    const hasNotice = next !== change;
    const isTransition = next.status !== current.status;
    // Whether the deliveries that wait for the subscription no longer have to wait.
    const isReleased = isTransition && next.status !== 'paused' && next.status !== 'disabled';
    // Whether the reconciler has to process the subscription later.
    const isWatched = isReleased || next.status === 'paused';
    const item = { kind: 'subscription', subscriptionId: next.id } as const;
    if (isWatched) await ports.work.add(item, isReleased ? nowMs : nextProbeMs(next));
    if (hasNotice) await ports.work.add(item, nowMs);
    if (current.failingSince === undefined && next.failingSince !== undefined)
      // Makes the reconciler report the flow if it still fails after an hour (`FAILING_MS`).
      await ports.work.add({ kind: 'failing', subscriptionId: next.id }, nowMs + FAILING_MS);
    // `end` also moves the row out of the range that fan-out reads.
    const result = next.status === 'gone' ? await ports.store.end(next) : await ports.store.writeTogether([next]);
    if (result.kind === 'written') {
      if (isTransition) {
        ports.telemetry.record('triggers.subscription.status', 1, { 'triggers.subscription.status': next.status });
        ports.log.info('subscription.status-changed', {
          subscriptionId: next.id,
          instanceId: next.instanceId,
          trigger: next.trigger,
          from: current.status,
          to: next.status,
          code: 'code' in disposition ? disposition.code : undefined,
        });
      }
      if (isReleased || hasNotice) await ports.release(next);
      return;
    }
    current = await ports.store.load(called.id);
  }
}

/**
 * Like `applyToSubscription`, but logs a storage error instead of rejecting. The next attempt for
 * this subscription repeats the update.
 */
export async function applyQuietly(
  ports: EffectPorts,
  called: Subscription,
  disposition: Disposition,
  nowMs: number,
): Promise<void> {
  try {
    await applyToSubscription(ports, called, disposition, nowMs);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('subscription.not-updated', { subscriptionId: called.id, reason: error.message });
  }
}

/** The subscription after the attempt, or `undefined` when nothing changes. */
function subscriptionAfter(
  subscription: Subscription,
  disposition: Disposition,
  nowMs: number,
): Subscription | undefined {
  if (subscription.ended || (subscription.status !== 'active' && subscription.status !== 'paused')) return undefined;
  const isPaused = subscription.status === 'paused';
  switch (disposition.kind) {
    case 'delivered':
      return delivered(subscription, nowMs);
    case 'retrying':
      if (isPaused) return probeFailed(subscription, nowMs, disposition.delayMs);
      return subscription.failingSince === undefined ? withHealth(subscription, 'failed', nowMs) : undefined;
    case 'dead':
      return isPaused ? probeFailed(subscription, nowMs, 0) : withHealth(subscription, 'dead', nowMs);
    case 'parked':
      return recordOff(subscription, nowMs);
    case 'gone':
      return { ...subscription, status: 'gone', deletedAt: new Date(nowMs).toISOString() };
    default:
      return unreachable(disposition);
  }
}

function delivered(subscription: Subscription, nowMs: number): Subscription | undefined {
  const isClean = subscription.failingSince === undefined && subscription.deadDeliveries === 0;
  if (subscription.status === 'active' && isClean) return undefined;
  return resume(subscription, nowMs);
}

function withHealth(subscription: Subscription, outcome: 'failed' | 'dead', nowMs: number): Subscription | undefined {
  const { failingSince, deadDeliveries } = subscription;
  const before: SubscriptionHealth = {
    deadCount: deadDeliveries,
    ...(failingSince !== undefined && { failingSinceMs: Date.parse(failingSince) }),
  };
  const { health, disable } = nextHealth({ health: before, outcome, nowMs });
  return { ...subscription, ...healthFields(health), ...(disable && { status: 'disabled' }) };
}

function healthFields(health: SubscriptionHealth): Pick<Subscription, 'failingSince' | 'deadDeliveries'> {
  return {
    failingSince: health.failingSinceMs === undefined ? undefined : new Date(health.failingSinceMs).toISOString(),
    deadDeliveries: health.deadCount,
  };
}
