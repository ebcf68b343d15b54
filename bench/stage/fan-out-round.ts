import { eventIdOf, type Arrival } from './sink.ts';

/** The result of one fan-out. */
export interface Round {
  /** The number of distinct deliveries of this round's event that arrived. */
  readonly arrived: number;
  /**
   * Deliveries per second. `undefined` when the round does not count because deliveries are
   * missing.
   */
  readonly rate: number | undefined;
  /** A description of the disturbance, if there was one. */
  readonly disturbance: string | undefined;
}

/**
 * Attributes each arrival to its event: that of this side in this round, or one of an earlier round
 * of either design.
 */
export function roundOf(
  arrivals: readonly Arrival[],
  options: {
    readonly deliveries: number;
    /** The events of this side in this round. */
    readonly openedAtMs: ReadonlyMap<string, number>;
    /** Whether the round ends after some time even if deliveries are missing. */
    readonly mayEndEarly: boolean;
    readonly designOf: ReadonlyMap<string, string>;
  },
): Round {
  const { deliveries, openedAtMs, mayEndEarly, designOf } = options;
  const own = arrivals.filter(({ id }) => openedAtMs.has(eventIdOf(id)));
  const first = new Map<string, number>();
  for (const { id, atMs } of own) if (!first.has(id)) first.set(id, atMs);
  const lastAtMs = Math.max(...first.values());
  const isWhole = first.size === deliveries;
  const late = new Map<string, number>();
  for (const { id } of arrivals) {
    const eventId = eventIdOf(id);
    if (openedAtMs.has(eventId)) continue;
    const design = designOf.get(eventId) ?? 'unknown';
    late.set(design, (late.get(design) ?? 0) + 1);
  }
  const disturbances = [
    ...(!isWhole && !mayEndEarly ? [`${deliveries - first.size} did not arrive`] : []),
    ...(own.length > first.size ? [`${own.length - first.size} came twice`] : []),
    ...[...late].map(([design, count]) => `${count} came late of an earlier round of the ${design} design`),
  ];
  const [openedMs = NaN] = openedAtMs.values();
  const rate = first.size === 0 ? 0 : (first.size / (lastAtMs - openedMs)) * 1000;
  return {
    arrived: first.size,
    rate: isWhole || mayEndEarly ? rate : undefined,
    disturbance: disturbances.length === 0 ? undefined : disturbances.join(', '),
  };
}
