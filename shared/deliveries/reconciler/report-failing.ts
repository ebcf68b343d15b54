import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.ts';
import type { Telemetry } from '../../telemetry/telemetry.ts';
import { FAILING_MS } from '../subscription/subscription-health.ts';

export interface ReportFailingPorts {
  readonly store: SubscriptionStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/**
 * Reports a flow that has failed for `FAILING_MS`, in the log and as a metric. If the flow has
 * failed for less time, returns the time of the next check. Otherwise returns `undefined`: the flow
 * has been reported, or no longer fails.
 */
export async function reportFailing(ports: ReportFailingPorts, subscriptionId: string): Promise<number | undefined> {
  const subscription = await ports.store.load(subscriptionId);
  if (subscription?.status !== 'active' || subscription.failingSince === undefined) return undefined;
  const { instanceId, trigger, failingSince } = subscription;
  const dueAtMs = Date.parse(failingSince) + FAILING_MS;
  if (ports.clock.now() < dueAtMs) return dueAtMs;
  ports.telemetry.record('triggers.subscription.failing', 1, {});
  ports.log.warn('subscription.failing', { subscriptionId, instanceId, trigger, since: failingSince });
  return undefined;
}
