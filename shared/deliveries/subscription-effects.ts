import type { Log } from '../log.ts';
import { StorageError } from '../storage/tables.ts';
import { resume } from '../subscriptions/place-subscription.ts';
import type { SubscriptionStore } from '../subscriptions/subscription-store.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unreachable } from '../unreachable.ts';
import type { Disposition } from './disposition.ts';
import { nextHealth, type SubscriptionHealth } from './subscription-health.ts';

export interface EffectPorts {
  readonly store: SubscriptionStore;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Asks for the waiting deliveries of a subscription to go out now. */
  readonly release: (subscription: Subscription) => Promise<void>;
}

/**
 * What an attempt's outcome means for the subscription that was called. A success of a healthy subscription writes nothing. Loses
 * quietly against a change by somebody else that makes it pointless (deleted, superseded, saved again).
 */
async function applyToSubscription(
  ports: EffectPorts,
  called: Subscription,
  deliveryId: string,
  disposition: Disposition,
  nowMs: number,
): Promise<void> {
  let current: Subscription | undefined = called;
  for (let tries = 0; current !== undefined && tries < 5; tries++) {
    const next = changed(current, deliveryId, disposition, nowMs);
    if (next === undefined) return;
    const result = next.status === 'gone' ? await ports.store.end(next) : await ports.store.writeTogether([next]);
    if (result.kind === 'written') {
      if (next.status !== current.status) {
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
      if (current.status === 'paused' && next.status === 'active') await ports.release(next);
      return;
    }
    current = await ports.store.load(called.id);
  }
}

/**
 * The same, for a caller that has an outcome to write down: when storage fails here, the next attempt at this subscription meets
 * the same answer and tries again.
 */
export async function applyQuietly(
  ports: EffectPorts,
  called: Subscription,
  deliveryId: string,
  disposition: Disposition,
  nowMs: number,
): Promise<void> {
  try {
    await applyToSubscription(ports, called, deliveryId, disposition, nowMs);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    ports.log.warn('subscription.not-updated', { subscriptionId: called.id, reason: error.message });
  }
}

/** The subscription after the outcome, or undefined when nothing changes. */
function changed(
  subscription: Subscription,
  deliveryId: string,
  disposition: Disposition,
  nowMs: number,
): Subscription | undefined {
  if (subscription.ended || (subscription.status !== 'active' && subscription.status !== 'paused')) return undefined;
  switch (disposition.kind) {
    case 'delivered':
      return delivered(subscription);
    case 'retrying':
      return subscription.failingSince === undefined ? withHealth(subscription, 'failed', nowMs) : undefined;
    case 'dead':
      if (subscription.status === 'paused' && subscription.probe === deliveryId) {
        // Whoever looks next is the probe: without one, nobody would find out that the flow is on again.
        return { ...subscription, probe: undefined };
      }
      return withHealth(subscription, 'dead', nowMs);
    case 'parked':
      if (subscription.status === 'paused') {
        return subscription.probe === deliveryId ? undefined : { ...subscription, probe: deliveryId };
      }
      return { ...subscription, status: 'paused', pausedSince: new Date(nowMs).toISOString(), probe: deliveryId };
    case 'gone':
      return { ...subscription, status: 'gone' };
    default:
      return unreachable(disposition);
  }
}

function delivered(subscription: Subscription): Subscription | undefined {
  const isClean = subscription.failingSince === undefined && subscription.deadDeliveries === 0;
  if (subscription.status === 'active' && isClean) return undefined;
  return resume(subscription);
}

function withHealth(subscription: Subscription, outcome: 'failed' | 'dead', nowMs: number): Subscription | undefined {
  // The clock of the rule stands still while a subscription is paused, and whatever ends the pause clears its record.
  if (subscription.status === 'paused') return undefined;
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
