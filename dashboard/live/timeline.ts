import type { DeliveryResponse, ObservationResponse } from '../../shared/operations/operator-responses.ts';

/** What happened at one instant: an evaluation, what was delivered because of it, or both. */
export interface TimelineEntry {
  readonly at: string;
  /** Absent of what has no value: a refresh, a test, an evaluation that Customer Insights no longer remembers. */
  readonly observation?: ObservationResponse;
  readonly deliveries: readonly DeliveryResponse[];
}

export interface TimelineDay {
  /** Its first instant in the time zone of whoever looks; the same for all of a day. */
  readonly key: string;
  readonly entries: readonly TimelineEntry[];
}

/** Puts each delivery to the evaluation that it tells of. Newest first. Pure. */
export function timelineOf(
  observations: readonly ObservationResponse[],
  deliveries: readonly DeliveryResponse[],
): TimelineEntry[] {
  const evaluated = new Set(observations.filter(isAwaited).map(({ evaluatedAt }) => evaluatedAt));
  const ofEvaluation = (at: string): DeliveryResponse[] =>
    deliveries.filter(({ occurredAt, test }) => occurredAt === at && test === undefined);
  const alone = deliveries.filter(({ occurredAt, test }) => test !== undefined || !evaluated.has(occurredAt));
  return [
    ...observations.map((observation) => ({
      at: observation.evaluatedAt,
      observation,
      deliveries: isAwaited(observation) ? ofEvaluation(observation.evaluatedAt) : [],
    })),
    ...alone.map((delivery) => ({ at: delivery.occurredAt, deliveries: [delivery] })),
  ].sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
}

/** What is not awaited fires nothing; what is delivered of the same instant is about something else. */
function isAwaited({ outcome }: ObservationResponse): boolean {
  return outcome !== 'not-awaited';
}

/** The same, day by day. `dayOf` names the day of an instant. */
export function byDay(entries: readonly TimelineEntry[], dayOf: (at: string) => string): TimelineDay[] {
  const days = new Map<string, TimelineEntry[]>();
  for (const entry of entries) {
    const key = dayOf(entry.at);
    days.set(key, [...(days.get(key) ?? []), entry]);
  }
  return [...days].map(([key, ofDay]) => ({ key, entries: ofDay }));
}
