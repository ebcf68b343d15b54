import { eventIdOf } from './stage/sink.ts';
import { pause, subscribe, within, type Side, type Stage } from './stage/bench-stage.ts';

/** A steady load: so many deliveries a second, as events of so many subscribers each. */
export interface Load {
  readonly deliveriesPerSecond: number;
  readonly subscribersPerEvent: number;
  /** How many subscribers of each event never answer. */
  readonly blackHolesPerEvent?: number;
}

/** Where a load happens: instances with their subscriptions, of which each poll finds some events. */
export interface LoadedSide {
  /** Drives the load for some seconds; resolves with what arrived, a while after the last event. */
  drive(seconds: number): Promise<Latencies>;
}

/** From the commit of the event to the arrival of the callback, in ms, of all that are answered. */
export interface Latencies {
  readonly ms: readonly number[];
  /** Deliveries that should have arrived and did not within the time allowed. */
  readonly missing: number;
}

/** A service with several hundred instances has some polls a second, each of which finds what changed in a minute. */
const MOST_POLLS_PER_SECOND = 25;
/** How long is waited for what is still on its way. */
const DRAIN_MS = 30_000;

/** An instance is polled once a second at most, as polls of one instance do not overlap either. */
export async function loadSide(stage: Stage, side: Side, load: Load): Promise<LoadedSide> {
  const { deliveriesPerSecond, subscribersPerEvent, blackHolesPerEvent = 0 } = load;
  const eventsPerSecond = deliveriesPerSecond / subscribersPerEvent;
  const pollsPerSecond = Math.min(MOST_POLLS_PER_SECOND, eventsPerSecond);
  const eventsPerPoll = Math.round(eventsPerSecond / pollsPerSecond);
  const healthy = subscribersPerEvent - blackHolesPerEvent;
  const instanceIds: string[] = [];
  for (let count = 0; count < pollsPerSecond; count++) {
    const instanceId = stage.addInstance(eventsPerPoll);
    instanceIds.push(instanceId);
    for (let segment = 0; segment < eventsPerPoll; segment++) {
      const urls = [
        ...stage.flowUrls(healthy, `flows/${instanceId}-${segment}`),
        ...stage.flowUrls(blackHolesPerEvent, `black-hole/${instanceId}-${segment}`),
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
      await within(DRAIN_MS, round.complete);
      const answered = (await round.arrivals()).filter(({ isBlackHole, isLate }) => !isBlackHole && !isLate);
      const first = new Map<string, number>();
      for (const { id, atMs } of answered) if (!first.has(id)) first.set(id, atMs);
      const ms = [...first].map(([id, atMs]) => atMs - (side.openedAtMs.get(eventIdOf(id)) ?? NaN));
      return { ms, missing: expected - first.size };
    },
  };
}
