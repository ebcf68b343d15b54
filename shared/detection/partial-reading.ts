import type { Clock } from '../clock.ts';
import type { CustomerInsightsError } from '../insights/customer-insights.ts';

/**
 * Maximum time in which the reading of a list starts calls for single items, such as the history of
 * a measure. The host stops a function after ten minutes. Without this limit, many calls that time
 * out would take longer, and nothing that was read would be committed.
 */
export const MAX_ITEMS_MS = 60_000;

/** Returns a function that tells whether `MAX_ITEMS_MS` have passed since. */
export function itemsTimer(clock: Pick<Clock, 'now'>): () => boolean {
  const startMs = clock.now();
  return () => clock.now() - startMs >= MAX_ITEMS_MS;
}

/** Whether the next call would fail too, whatever it reads. */
export function refusesAllCalls({ kind }: CustomerInsightsError): boolean {
  return kind === 'limited' || kind === 'throttled' || kind === 'unauthorized';
}

/**
 * The failure that decides what the next poll does, when single items of a list could not be read:
 * one that refuses all calls before one of a single item. A lack of call permits says nothing about
 * Customer Insights, so it comes after the other failures that refuse all calls.
 */
export function decisiveFailure(
  first: CustomerInsightsError | undefined,
  second: CustomerInsightsError,
): CustomerInsightsError {
  return first === undefined || weightOf(second) > weightOf(first) ? second : first;
}

function weightOf(failure: CustomerInsightsError): number {
  if (!refusesAllCalls(failure)) return 0;
  return failure.kind === 'limited' ? 1 : 2;
}
