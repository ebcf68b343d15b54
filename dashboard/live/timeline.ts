import type { DeliveryResponse, ObservationResponse } from '../../shared/operations/operator-responses.ts';

/** An entry of the timeline: an evaluation, its deliveries, or both. */
export interface TimelineEntry {
  readonly at: string;
  /**
   * Absent for a refresh, for a test event, and for an evaluation that is no longer in the history
   * of Customer Insights.
   */
  readonly observation?: ObservationResponse;
  readonly deliveries: readonly DeliveryResponse[];
}

export interface TimelineDay {
  /** The start of the day in the time zone of the page. Equal for all entries of a day. */
  readonly key: string;
  readonly entries: readonly TimelineEntry[];
}

/** Assigns each delivery to its evaluation. Newest first. Pure. */
export function timelineOf(
  observations: readonly ObservationResponse[],
  deliveries: readonly DeliveryResponse[],
): TimelineEntry[] {
  const evaluated = new Set(observations.filter(isSubscribed).map(({ evaluatedAt }) => evaluatedAt));
  const ofEvaluation = (at: string): DeliveryResponse[] =>
    deliveries.filter(({ occurredAt, test }) => occurredAt === at && test === undefined);
  const alone = deliveries.filter(({ occurredAt, test }) => test !== undefined || !evaluated.has(occurredAt));
  return [
    ...observations.map((observation) => ({
      at: observation.evaluatedAt,
      observation,
      deliveries: isSubscribed(observation) ? ofEvaluation(observation.evaluatedAt) : [],
    })),
    ...alone.map((delivery) => ({ at: delivery.occurredAt, deliveries: [delivery] })),
  ].sort((left, right) => Date.parse(right.at) - Date.parse(left.at));
}

/**
 * Whether the subscription matches this evaluation. If it does not, a delivery with the same time
 * belongs to another refresh.
 */
function isSubscribed({ outcome }: ObservationResponse): boolean {
  return outcome !== 'not-awaited';
}

/** Groups entries by day. `dayOf` returns the day of a time. */
export function byDay(entries: readonly TimelineEntry[], dayOf: (at: string) => string): TimelineDay[] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const key = dayOf(entry.at);
    days.set(key, [...(days.get(key) ?? []), entry]);
  }
  return [...days].map(([key, ofDay]) => ({ key, entries: ofDay }));
}
