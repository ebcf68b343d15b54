import type { Telemetry } from '../telemetry/telemetry.ts';
import type { RateDecision, RateLimiter } from './rate-limiter.ts';

/** Takes a place for a call to an instance, or to the list of instances. */
export interface InstancePlaces {
  take(instanceId: string | undefined): Promise<RateDecision>;
}

/** Of a hundred calls to an instance these are left to polls, so that no action can keep an event from being found. */
const KEPT_FOR_POLLS = 30;

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
): { readonly ofPolls: InstancePlaces; readonly ofActions: InstancePlaces } {
  const kept = Math.floor((calls * KEPT_FOR_POLLS) / 100);
  const take = (instanceId: string | undefined, options: { kept: number }): Promise<RateDecision> => {
    const deciding = limiter.take(instanceKey(instanceId), options);
    if (telemetry.isOn) void deciding.then((decision) => tell(telemetry, instanceId, decision), ignore);
    return deciding;
  };
  return {
    ofPolls: { take: (instanceId) => take(instanceId, { kept: 0 }) },
    ofActions: { take: (instanceId) => take(instanceId, { kept: instanceId === undefined ? 0 : kept }) },
  };
}

function tell(telemetry: Telemetry, instanceId: string | undefined, { kind }: RateDecision): void {
  telemetry.record('triggers.insights.places', 1, { 'triggers.instance.id': instanceId, 'triggers.place': kind });
}

/** Who asked for the place hears of it. */
function ignore(): void {
  return undefined;
}
