import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RateDecision, RateLimiter } from './rate-limiter.ts';
import type { RateRule } from './rate-window.ts';

/** Takes a place for a call to an instance, or to the list of instances. */
export interface InstancePermits {
  take(instanceId: string | undefined): Promise<RateDecision>;
}

export interface ActionPermits extends InstancePermits {
  /**
   * Takes `count` places, all or none, or as many as there can ever be. `places` gives them out, and then takes further ones as a poll does:
   * who has begun can end, as long as there is any place.
   */
  takeTogether(instanceId: string, count: number): Promise<TakenTogether>;
}

type TakenTogether =
  { readonly kind: 'admitted'; readonly permits: InstancePermits } | Extract<RateDecision, { kind: 'refused' }>;

/** Of a hundred calls to an instance these are left to polls, so that no action can keep an event from being found. */
const KEPT_FOR_POLLS = 30;

/** A first read of the refreshes of an instance takes so many calls: with fewer in a window nobody could ever wait for one. */
const FEWEST_CALLS = 4;

/** The rule of calls to an instance, where `rule` is that of a connection. Without a limit there is none here. */
export function instanceRule(rule: RateRule): RateRule {
  return rule.calls === 0 || rule.calls >= FEWEST_CALLS ? rule : { ...rule, calls: FEWEST_CALLS };
}

/** The key of the window of an instance, or of the list of instances. */
export function instanceKey(instanceId: string | undefined): string {
  return instanceId === undefined ? 'instances' : `instance-${instanceId.toLowerCase()}`;
}

/**
 * The calls to Customer Insights under the limit of `limiter`: one window per instance, and one for the list of instances. Places of
 * calls that begin together are taken together.
 */
export function instanceCalls(
  limiter: RateLimiter,
  { calls, telemetry }: { readonly calls: number; readonly telemetry: Telemetry },
): { readonly ofPolls: InstancePermits; readonly ofActions: ActionPermits } {
  const kept = Math.floor((calls * KEPT_FOR_POLLS) / 100);
  const take = (instanceId: string | undefined, options: { kept: number; count?: number }): Promise<RateDecision> => {
    const deciding = limiter.take(instanceKey(instanceId), options);
    const count = options.count ?? 1;
    if (telemetry.isOn) void deciding.then(({ kind }) => tell(telemetry, instanceId, kind, count), ignore);
    return deciding;
  };
  const ofPolls: InstancePermits = { take: (instanceId) => take(instanceId, { kept: 0 }) };
  const ofActions: ActionPermits = {
    take: (instanceId) => take(instanceId, { kept: instanceId === undefined ? 0 : kept }),
    async takeTogether(instanceId, wanted) {
      const count = Math.min(wanted, calls - kept);
      const decision = await take(instanceId, { kept, count });
      return decision.kind === 'admitted' ? { ...decision, permits: prepaid(ofPolls, instanceId, count) } : decision;
    },
  };
  return { ofPolls, ofActions };
}

/** Gives out `count` places of an instance that are taken already, and then takes from `places`. */
function prepaid(places: InstancePermits, instanceId: string, count: number): InstancePermits {
  let left = count;
  return {
    take(id) {
      if (id !== instanceId || left <= 0) return places.take(id);
      left--;
      return Promise.resolve({ kind: 'admitted' });
    },
  };
}

function tell(telemetry: Telemetry, instanceId: string | undefined, kind: RateDecision['kind'], count: number): void {
  telemetry.record('triggers.insights.places', count, { 'triggers.instance.id': instanceId, 'triggers.place': kind });
}

/** Who asked for the place hears of it. */
function ignore(): void {
  return undefined;
}
