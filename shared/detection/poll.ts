import { allDone } from '../all-done.ts';
import type { Clock } from '../clock.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import type { CustomerInsights, CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Source } from '../triggers/trigger.ts';
import { commitReadings } from './commit.ts';
import type { Failing, InstanceState } from './instance-state.ts';
import { logAnomaly, recordAnomalies, type Noted, type Anomaly } from './anomaly.ts';
import { takeSnapshot, sourcesOf } from './snapshot.ts';
import type { StateStore } from './state-store.ts';
import { suspendInstance } from './suspend.ts';

export interface PollPorts {
  readonly insights: CustomerInsights;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Sees events that were just opened through: works out who is told and delivers, or hands on. */
  readonly fanOut: (events: readonly OutboxEntry[]) => Promise<void>;
  /** Goes on with events that somebody else opened and may have left behind. */
  readonly resumeOutbox: (events: readonly OutboxEntry[]) => Promise<void>;
  /** Has the instance polled again after `delayMs`, whatever the schedule. */
  readonly pollLater: (instanceId: string, delayMs: number) => Promise<void>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  /** How long a call to Customer Insights counts: then all places of this poll are free again. */
  readonly callWindowMs: number;
}

/**
 * One look at one instance, from Customer Insights to the first callbacks. May run twice at once: one wins, the other finds
 * nothing new. A list of Customer Insights that gives no answer is noted and read again by the next poll. A poll for which there
 * are not enough calls keeps what it has read, and one more poll, when there are calls again, finds the rest. Rejects only when
 * storage gives no answer.
 */
export async function pollInstance(ports: PollPorts, instanceId: string): Promise<void> {
  const before = await ports.state.read(instanceId);
  if (!ports.isAllowed(instanceId)) return suspendInstance(ports, before);
  // Each list goes its own way: what one brings is told at once, however slow another is.
  const looks = sourcesNow(before, ports.clock.now()).map((source) => lookAtSource(ports, before, source));
  await allDone<unknown>([
    ...looks.map(async (look) => ports.fanOut((await look).opened)),
    ports.resumeOutbox(before.outbox),
    allDone(looks).then((done) => savePoll(ports, before, done)),
  ]);
}

/** Longer than this nobody is believed who asks to wait. */
const MAX_WAIT_MS = 12 * 3600 * 1000;

/** The lists to read: not those of which Customer Insights asked to wait. */
function sourcesNow(state: InstanceState, nowMs: number): Source[] {
  return [...sourcesOf(state)].filter((source) => !mustWait(state.failing, source, nowMs));
}

function mustWait(failing: Failing, source: Source, nowMs: number): boolean {
  const waitMs = Date.parse(failing[source]?.notBefore ?? '') - nowMs;
  return waitMs > 0 && waitMs <= MAX_WAIT_MS;
}

interface SourceLook {
  readonly source: Source;
  readonly opened: readonly OutboxEntry[];
  readonly failure: CustomerInsightsError | undefined;
  readonly oddities: readonly Anomaly[];
  readonly historyRead: boolean;
}

function lookAtSource(ports: PollPorts, before: InstanceState, source: Source): Promise<SourceLook> {
  const attributes = { 'triggers.instance.id': before.instanceId, 'triggers.source': source };
  return ports.telemetry.span(`detect ${source}`, { attributes }, async (span) => {
    const {
      readings,
      failures,
      anomalies: oddities,
      historyRead,
    } = await takeSnapshot(ports.insights, before, new Set([source]), ports.clock.now());
    const failure = failures.get(source);
    if (failure) span.set({ 'error.type': failure.kind });
    const opened = await commitReadings(ports, before, readings, ports.random.token(9));
    return { source, opened, failure, oddities, historyRead };
  });
}

async function savePoll(ports: PollPorts, before: InstanceState, looks: readonly SourceLook[]): Promise<void> {
  const { instanceId } = before;
  const nowMs = ports.clock.now();
  const lastPolledAt = new Date(nowMs).toISOString();
  const failing = nextFailing(before, looks, nowMs);
  report(ports.log, instanceId, before.failing, failing);
  const noted = noteAll(ports.log, before, looks);
  const history = looks.some(({ historyRead }) => historyRead)
    ? { readAt: lastPolledAt, of: before.refreshes?.etag ?? '' }
    : before.history;
  if (before.completeAt !== undefined) {
    const lagMs = Math.max(0, nowMs - Date.parse(before.completeAt));
    ports.telemetry.record('triggers.poll.lag', lagMs / 1000, { 'triggers.instance.id': instanceId });
  }
  const isStopped = looks.some(wasStopped);
  const goesOnAt = isStopped ? await goOnLater(ports, before) : undefined;
  const isComplete = !isStopped && Object.keys(failing).length === 0;
  const completeAt = isComplete ? lastPolledAt : before.completeAt;
  await ports.state.savePoll(instanceId, { lastPolledAt, completeAt, goesOnAt, failing, noted, history });
}

/** One line for what a list was not odd about before. Of a list that gave no answer nothing new is known. */
function noteAll(log: Log, before: InstanceState, looks: readonly SourceLook[]): Noted {
  const { instanceId } = before;
  const noted: Record<string, readonly string[]> = {};
  for (const { source, failure, oddities } of looks) {
    // Which jobs are read differs from poll to poll.
    const isWhole = source !== 'jobs' && failure === undefined;
    const next = recordAnomalies(before.noted[source] ?? [], oddities, isWhole);
    for (const one of next.fresh) logAnomaly(log, instanceId, one);
    noted[source] = next.noted;
  }
  return noted;
}

/** Whether there were too few calls for it: a list that was not read, or histories of measures. */
function wasStopped({ failure }: SourceLook): boolean {
  return failure?.kind === 'limited';
}

/** One message, however many polls are stopped until it comes. Answers when that is. */
async function goOnLater(
  { clock, log, pollLater, callWindowMs }: PollPorts,
  { instanceId, goesOnAt }: InstanceState,
): Promise<string> {
  if (goesOnAt !== undefined && Date.parse(goesOnAt) > clock.now()) return goesOnAt;
  await pollLater(instanceId, callWindowMs);
  log.info('poll.stopped', { instanceId, goesOnAfterMs: callWindowMs });
  return new Date(clock.now() + callWindowMs).toISOString();
}

/** Keeps since when a list has been failing; a list that answered is out of it, and of one that was not asked nothing new is known. */
function nextFailing(
  { failing: before, ...state }: InstanceState,
  looks: readonly SourceLook[],
  nowMs: number,
): Failing {
  const failing: Failing = {};
  const read = new Set(looks.map(({ source }) => source));
  for (const source of sourcesOf({ ...state, failing: before })) {
    const waiting = before[source];
    if (waiting !== undefined && !read.has(source)) failing[source] = waiting;
  }
  for (const look of looks) {
    const { source, failure } = look;
    const known = before[source];
    if (wasStopped(look)) {
      if (known !== undefined) failing[source] = known;
    } else if (failure !== undefined) {
      const { message, retryAfterMs } = failure;
      failing[source] = {
        since: known?.since ?? iso(nowMs),
        reason: message.slice(0, 500),
        ...(retryAfterMs !== undefined && { notBefore: iso(nowMs + Math.min(retryAfterMs, MAX_WAIT_MS)) }),
      };
    }
  }
  return failing;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
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
