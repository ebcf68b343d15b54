import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RateDecision, RateLimiter } from './rate-limiter.ts';
import type { RateRule } from './rate-window.ts';

/** Gives permits for calls to Customer Insights: to an instance, or to the list of instances. */
export interface InstancePermits {
  take(instanceId: string | undefined): Promise<RateDecision>;
}

/**
 * Permits for all calls that no poll makes: those for subscribe requests, data actions and
 * operators.
 */
export interface RequestPermits extends InstancePermits {
  /**
   * Takes `count` permits, or as many as the limit allows if that is less, all or none. The
   * returned `permits` hand them out first. After that, they take further permits like a poll, so
   * that a caller that has started can finish.
   */
  takeTogether(instanceId: string, count: number): Promise<TakenTogether>;
}

type TakenTogether =
  { readonly kind: 'admitted'; readonly permits: InstancePermits } | Extract<RateDecision, { kind: 'refused' }>;

/**
 * Percentage of the calls that is reserved for polls, so that requests of flows and people cannot
 * prevent detection.
 */
const KEPT_FOR_POLLS = 30;

/**
 * The lowest limit of an instance, because the first reading of its refreshes needs this many calls
 * in one window (`CALLS_FOR_BASELINE` in `read-refresh-subject.ts`).
 */
const FEWEST_CALLS = 4;

/**
 * The rate rule of an instance, derived from the rule of a connection. If connections have no
 * limit, instances have none either.
 */
export function instanceRule(rule: RateRule): RateRule {
  return rule.calls === 0 || rule.calls >= FEWEST_CALLS ? rule : { ...rule, calls: FEWEST_CALLS };
}

/** The key in the rate limiter for an instance, or for the list of instances. */
export function instanceKey(instanceId: string | undefined): string {
  return instanceId === undefined ? 'instances' : `instance-${instanceId.toLowerCase()}`;
}

/**
 * Limits the calls to Customer Insights. Each instance has its own limit, and so has the list of
 * instances. Permits that are requested at the same time are taken together. `ofPolls` may use the
 * whole limit. `ofRequests` (for HTTP requests) leaves `KEPT_FOR_POLLS` percent of an instance's
 * limit to polls.
 */
export function instanceCalls(
  limiter: RateLimiter,
  { calls, telemetry }: { readonly calls: number; readonly telemetry: Telemetry },
): { readonly ofPolls: InstancePermits; readonly ofRequests: RequestPermits } {
  const kept = Math.floor((calls * KEPT_FOR_POLLS) / 100);
  const take = (instanceId: string | undefined, options: { kept: number; count?: number }): Promise<RateDecision> => {
    const deciding = limiter.take(instanceKey(instanceId), options);
    const count = options.count ?? 1;
    if (telemetry.isOn) void deciding.then(({ kind }) => record(telemetry, instanceId, kind, count), ignore);
    return deciding;
  };
  const ofPolls: InstancePermits = { take: (instanceId) => take(instanceId, { kept: 0 }) };
  const ofRequests: RequestPermits = {
    take: (instanceId) => take(instanceId, { kept: instanceId === undefined ? 0 : kept }),
    async takeTogether(instanceId, wanted) {
      const count = Math.min(wanted, calls - kept);
      const decision = await take(instanceId, { kept, count });
      return decision.kind === 'admitted' ? { ...decision, permits: prepaid(ofPolls, instanceId, count) } : decision;
    },
  };
  return { ofPolls, ofRequests };
}

/**
 * Hands out `count` permits that have already been taken, then takes further ones from `permits`.
 */
function prepaid(permits: InstancePermits, instanceId: string, count: number): InstancePermits {
  let left = count;
  return {
    take(id) {
      if (id !== instanceId || left <= 0) return permits.take(id);
      left--;
      return Promise.resolve({ kind: 'admitted' });
    },
  };
}

/**
 * Counts granted and refused permits. The metric calls them places, an older word that does not
 * change.
 */
function record(telemetry: Telemetry, instanceId: string | undefined, kind: RateDecision['kind'], count: number): void {
  telemetry.record('triggers.insights.places', count, { 'triggers.instance.id': instanceId, 'triggers.place': kind });
}

/** The caller of `take` handles the rejection. */
function ignore(): void {
  return undefined;
}
