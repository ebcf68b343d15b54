import { allDone } from '../all-done.ts';
import type { Clock } from '../clock.ts';
import type { OpenEvent } from '../events/open-event.ts';
import type { CustomerInsights, CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Source } from '../triggers/trigger.ts';
import { commitReadings } from './commit.ts';
import type { Failing, InstanceState } from './instance-state.ts';
import { lookAt, sourcesOf } from './read-instance.ts';
import type { StateStore } from './state-store.ts';

export interface PollPorts {
  readonly insights: CustomerInsights;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
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
  const before = await ports.state.read(instanceId);
  // Each list goes its own way: what one brings is told at once, however slow another is.
  const looks = [...sourcesOf(before)].map((source) => lookAtSource(ports, before, source));
  await allDone<unknown>([
    ...looks.map(async (look) => ports.announce((await look).opened)),
    ports.carryOn(before.openEvents),
    allDone(looks).then((done) => savePoll(ports, before, done)),
  ]);
}

interface SourceLook {
  readonly source: Source;
  readonly opened: readonly OpenEvent[];
  readonly failure: CustomerInsightsError | undefined;
}

function lookAtSource(ports: PollPorts, before: InstanceState, source: Source): Promise<SourceLook> {
  const attributes = { 'triggers.instance.id': before.instanceId, 'triggers.source': source };
  return ports.telemetry.span(`detect ${source}`, { attributes }, async (span) => {
    const { readings, failures } = await lookAt(ports.insights, before, new Set([source]), ports.clock.now());
    const failure = failures.get(source);
    if (failure) span.set({ 'error.type': failure.kind });
    const opened = await commitReadings(ports, before, readings, ports.random.token(9));
    return { source, opened, failure };
  });
}

async function savePoll(
  { clock, log, state, telemetry }: PollPorts,
  { instanceId, failing: before, completeAt }: InstanceState,
  looks: readonly SourceLook[],
): Promise<void> {
  const nowMs = clock.now();
  const lastPolledAt = new Date(nowMs).toISOString();
  const failing = nextFailing(before, looks, lastPolledAt);
  report(log, instanceId, before, failing);
  const isComplete = Object.keys(failing).length === 0;
  if (completeAt !== undefined) {
    const lagMs = Math.max(0, nowMs - Date.parse(completeAt));
    telemetry.record('triggers.poll.lag', lagMs / 1000, { 'triggers.instance.id': instanceId });
  }
  await state.savePoll(instanceId, { lastPolledAt, completeAt: isComplete ? lastPolledAt : completeAt, failing });
}

/** Keeps since when a list has been failing; a list that answered is out of it. */
function nextFailing(before: Failing, looks: readonly SourceLook[], nowIso: string): Failing {
  const failing: Failing = {};
  for (const { source, failure } of looks) {
    if (failure === undefined) continue;
    failing[source] = { since: before[source]?.since ?? nowIso, reason: failure.message.slice(0, 500) };
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
