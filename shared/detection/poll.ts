import type { Clock } from '../clock.ts';
import type { OpenEvent } from '../events/open-event.ts';
import type { CustomerInsights, CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Source } from '../triggers/trigger.ts';
import { commitReadings } from './commit.ts';
import type { Failing } from './instance-state.ts';
import { lookAt, sourcesOf } from './read-instance.ts';
import type { StateStore } from './state-store.ts';

export interface PollPorts {
  readonly insights: CustomerInsights;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Sees events that were just opened through: works out who is told and delivers, or hands on. */
  readonly announce: (events: readonly OpenEvent[]) => Promise<void>;
  /** Goes on with events that somebody else opened and may have left behind. */
  readonly carryOn: (events: readonly OpenEvent[]) => Promise<void>;
}

/**
 * One look at one instance, from Customer Insights to the first callbacks. May run twice at once: one wins, the other finds
 * nothing new. A list of Customer Insights that gives no answer is noted and read again by the next poll; rejects
 * only when storage gives no answer.
 */
export async function pollInstance(ports: PollPorts, instanceId: string): Promise<void> {
  const { clock, state } = ports;
  const before = await state.read(instanceId);
  const sources = sourcesOf(before);
  const look = await lookAt(ports.insights, before, sources, clock.now());
  const opened = await commitReadings(ports, before, look.readings, ports.random.token(9));
  const nowIso = new Date(clock.now()).toISOString();
  const failing = nextFailing(before.failing, look.failures, nowIso);
  report(ports.log, instanceId, before.failing, failing);
  const complete = look.failures.size === 0;
  await Promise.all([
    ports.announce(opened),
    ports.carryOn(before.openEvents),
    // The instant of the last complete poll says how far back history must be asked for.
    state.savePoll(instanceId, { lastPolledAt: complete ? nowIso : (before.lastPolledAt ?? nowIso), failing }),
  ]);
}

/** Keeps since when a list has been failing; a list that answered is out of it. */
function nextFailing(before: Failing, failures: ReadonlyMap<Source, CustomerInsightsError>, nowIso: string): Failing {
  const failing: Failing = {};
  for (const [source, error] of failures) {
    failing[source] = { since: before[source]?.since ?? nowIso, reason: error.message.slice(0, 500) };
  }
  return failing;
}

/** One line when a list begins to fail and one when it answers again, not one per poll. */
function report(log: Log, instanceId: string, before: Failing, after: Failing): void {
  for (const source of ['jobs', 'segments', 'measures'] as const) {
    const failure = after[source];
    if (failure && !before[source]) log.warn('insights.unreachable', { instanceId, source, reason: failure.reason });
    if (!failure && before[source]) {
      log.info('insights.reachable', { instanceId, source, since: before[source].since });
    }
  }
}
