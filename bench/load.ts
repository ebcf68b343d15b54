import { eventIdOf, type Arrival } from './stage/sink.ts';
import { pause, subscribe, waitAtMost, type Side, type Stage } from './stage/bench-stage.ts';

/** A steady load: deliveries per second, as events with a number of subscribers each. */
export interface Load {
  readonly deliveriesPerSecond: number;
  readonly subscribersPerEvent: number;
  /** The number of subscribers of each event that never respond. */
  readonly blackHolesPerEvent?: number;
  /** The number of subscribers of each event that always respond with 503. */
  readonly refusingPerEvent?: number;
}

/** Instances with subscriptions under load. Each poll of an instance finds some events. */
export interface LoadedSide {
  /** Runs the load for some seconds. Resolves with the results a while after the last event. */
  drive(seconds: number): Promise<Latencies>;
}

/**
 * The times in ms from the commit of the event to the arrival of the callback, for all callbacks
 * that get a response.
 */
export interface Latencies {
  readonly ms: readonly number[];
  /** Deliveries that did not arrive within the allowed time. */
  readonly missing: number;
}

/**
 * A service with several hundred instances makes a few polls per second. Each poll finds the
 * changes of a minute.
 */
const MOST_POLLS_PER_SECOND = 25;
/** How long the benchmark waits for deliveries in flight. */
const DRAIN_MS = 30_000;

function isCounted({ isBlackHole, isRefused, isLate }: Arrival): boolean {
  return !isBlackHole && !isRefused && !isLate;
}

/** Each instance is polled at most once a second, because polls of one instance do not overlap. */
export async function loadSide(stage: Stage, side: Side, load: Load): Promise<LoadedSide> {
  const { deliveriesPerSecond, subscribersPerEvent, blackHolesPerEvent = 0, refusingPerEvent = 0 } = load;
  const eventsPerSecond = deliveriesPerSecond / subscribersPerEvent;
  const pollsPerSecond = Math.min(MOST_POLLS_PER_SECOND, eventsPerSecond);
  const eventsPerPoll = Math.round(eventsPerSecond / pollsPerSecond);
  const healthy = subscribersPerEvent - blackHolesPerEvent - refusingPerEvent;
  const instanceIds: string[] = [];
  for (let count = 0; count < pollsPerSecond; count++) {
    const instanceId = stage.addInstance(eventsPerPoll);
    instanceIds.push(instanceId);
    for (let segment = 0; segment < eventsPerPoll; segment++) {
      const urls = [
        ...stage.flowUrls(healthy, `flows/${instanceId}-${segment}`),
        ...stage.flowUrls(blackHolesPerEvent, `black-hole/${instanceId}-${segment}`),
        ...stage.flowUrls(refusingPerEvent, `refuse/${instanceId}-${segment}`),
      ];
      await subscribe(side, { instanceId, segment, urls });
    }
  }
  return {
    async drive(seconds) {
      const polls = Math.round(seconds * pollsPerSecond);
      const expected = polls * eventsPerPoll * healthy;
      side.openedAtMs.clear();
      const round = await stage.sink.begin({ expected });
      const startedMs = performance.now();
      for (let poll = 0; poll < polls; poll++) {
        await pause(Math.max(0, startedMs + (poll * 1000) / pollsPerSecond - performance.now()));
        const instanceId = instanceIds[poll % instanceIds.length] ?? '';
        for (let segment = 0; segment < eventsPerPoll; segment++) stage.raise(instanceId, segment);
        void side.app.poll(instanceId);
      }
      await waitAtMost(DRAIN_MS, round.complete);
      const arrivals = (await round.arrivals()).filter(isCounted);
      const first = new Map<string, number>();
      for (const { id, atMs } of arrivals) if (!first.has(id)) first.set(id, atMs);
      const ms = [...first].map(([id, atMs]) => atMs - (side.openedAtMs.get(eventIdOf(id)) ?? NaN));
      return { ms, missing: expected - first.size };
    },
  };
}
