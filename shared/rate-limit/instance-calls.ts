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
  { calls }: { readonly calls: number },
): { readonly ofPolls: InstancePlaces; readonly ofActions: InstancePlaces } {
  const kept = Math.floor((calls * KEPT_FOR_POLLS) / 100);
  return {
    ofPolls: { take: (instanceId) => limiter.take(instanceKey(instanceId)) },
    ofActions: {
      take: (instanceId) => limiter.take(instanceKey(instanceId), { kept: instanceId === undefined ? 0 : kept }),
    },
  };
}
