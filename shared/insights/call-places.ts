import { CustomerInsightsError } from './customer-insights.ts';

/**
 * Leave to call Customer Insights. Every HTTP request to it, a repeated one too, takes a place first: it allows so many calls for an
 * instance in a minute, whoever makes them.
 */
export interface CallPlaces {
  /** `instanceId` is absent for the list of instances. Rejects when nobody knows whether there is a place. */
  take(instanceId: string | undefined): Promise<Place>;
}

export type Place =
  | { readonly kind: 'admitted' }
  /** There is one after this long, not before. */
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

/** Takes a place for `call`. Rejects with `CustomerInsightsError` (`limited`) when there is none. */
export async function takePlace(places: CallPlaces, instanceId: string | undefined, call: string): Promise<void> {
  const place = await places.take(instanceId);
  if (place.kind === 'admitted') return;
  const { retryAfterMs } = place;
  throw new CustomerInsightsError('limited', call, 'all calls to the instance are used up', { retryAfterMs });
}

/** As many as anybody wants. */
export const unlimitedPlaces: CallPlaces = { take: () => Promise.resolve({ kind: 'admitted' }) };
