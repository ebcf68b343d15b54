import { CustomerInsightsError } from './customer-insights.ts';

/**
 * Leave to call Customer Insights. Every HTTP request to it, a repeated one too, takes a place first: it allows so many calls for an
 * instance in a minute, whoever makes them.
 */
export interface CallPermits {
  /** `instanceId` is absent for the list of instances. Rejects when nobody knows whether there is a place. */
  take(instanceId: string | undefined): Promise<CallPermit>;
}

export type CallPermit = { readonly kind: 'admitted' } | NoPlace;

interface NoPlace {
  readonly kind: 'refused';
  /** There is one after this long, not before. */
  readonly retryAfterMs: number;
}

/** Leave to make calls that are of no use without each other. */
export interface JointPermits {
  /** Takes `count` places, all or none: two readers that each get a part of theirs would keep both waiting for ever. */
  takeTogether(
    instanceId: string,
    count: number,
  ): Promise<{ readonly kind: 'admitted'; readonly places: CallPermits } | NoPlace>;
}

/** Takes a place for `call`. Rejects with `CustomerInsightsError` (`limited`) when there is none. */
export async function takePermit(places: CallPermits, instanceId: string | undefined, call: string): Promise<void> {
  const place = await places.take(instanceId);
  if (place.kind === 'refused') throw noPlace(place, call);
}

/** Takes places for `count` calls of `reader`: the answer gives them out first. Rejects as `takePermit` does. */
export async function takePermits(
  places: JointPermits,
  instanceId: string,
  count: number,
  reader: string,
): Promise<CallPermits> {
  const taken = await places.takeTogether(instanceId, count);
  if (taken.kind === 'refused') throw noPlace(taken, reader);
  return taken.places;
}

function noPlace({ retryAfterMs }: NoPlace, call: string): CustomerInsightsError {
  return new CustomerInsightsError('limited', call, 'all calls to the instance are used up', { retryAfterMs });
}

/** As many as anybody wants. */
export const unlimitedPermits: CallPermits = { take: () => Promise.resolve({ kind: 'admitted' }) };
