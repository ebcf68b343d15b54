import { allDone } from '../all-done.ts';
import type { Clock } from '../clock.ts';
import type { OutboxEntry } from '../events/outbox-entry.ts';
import type { CustomerInsights, CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { commitReadings } from './commit.ts';
import type { Failing, InstanceState } from './instance-state.ts';
import { logAnomaly, recordAnomalies, type LoggedAnomalies, type Anomaly } from './anomaly.ts';
import { refreshesHash } from './refresh-state.ts';
import { takeSnapshot, sourcesOf } from './snapshot.ts';
import type { UnreachableInstances } from './unreachable-instances.ts';
import type { StateStore } from './state-store.ts';
import { suspendInstance } from './suspend.ts';

export interface PollPorts {
  readonly insights: CustomerInsights;
  readonly unreachable: Pick<UnreachableInstances, 'add' | 'remove'>;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /**
   * Delivers events that were just committed, either directly or by enqueueing chunks of their
   * recipients.
   */
  readonly fanOut: (events: readonly OutboxEntry[]) => Promise<void>;
  /**
   * Continues the delivery of events that earlier polls committed and that may not be fully
   * delivered.
   */
  readonly resumeOutbox: (events: readonly OutboxEntry[]) => Promise<void>;
  /** Schedules an additional poll of the instance after `delayMs`. */
  readonly pollLater: (instanceId: string, delayMs: number) => Promise<void>;
  /**
   * Starts the backfill again, which adds missing index rows to delivery records. Called when the
   * previous release (0.9.0) made the last poll, because it writes delivery records without index
   * rows.
   */
  readonly restartBackfill: () => Promise<void>;
  /** Whether the operator allows the instance. */
  readonly isAllowed: (instanceId: string) => boolean;
  /**
   * How long a call to Customer Insights counts against the rate limit. After this time, all call
   * permits that a poll took are free again.
   */
  readonly callWindowMs: number;
}

/**
 * Polls one instance: reads Customer Insights, commits events and delivers them. If two polls run
 * concurrently, one commits and the other finds nothing new. A list that cannot be read is recorded
 * and read again by the next poll. A poll that runs out of call permits (each is the right to make
 * one call within the rate limit) commits what it has read, and schedules one additional poll for
 * the rest. Rejects with `StorageError` when storage does not respond.
 */
export async function pollInstance(ports: PollPorts, instanceId: string): Promise<void> {
  const before = await ports.state.read(instanceId);
  if (!ports.isAllowed(instanceId)) return suspendInstance(ports, before);
  if (before.wasPolledWithoutIndex) await ports.restartBackfill();
  // Lists are polled independently, so that a slow list does not delay the events of another.
  const polls = dueSources(before, ports.clock.now()).map((source) => pollSource(ports, before, source));
  await allDone<unknown>([
    ...polls.map(async (poll) => ports.fanOut((await poll).committed)),
    ports.resumeOutbox(before.outbox),
    allDone(polls).then((done) => savePoll(ports, before, done)),
  ]);
}

/**
 * Maximum time for which a list is not read because Customer Insights asked to wait. A longer
 * `Retry-After` is shortened to it.
 */
const MAX_WAIT_MS = 12 * 3600 * 1000;

/** The lists to read. Lists for which Customer Insights asked to wait are left out. */
function dueSources(state: InstanceState, nowMs: number): Source[] {
  return [...sourcesOf(state)].filter((source) => !mustWait(state.failing, source, nowMs));
}

function mustWait(failing: Failing, source: Source, nowMs: number): boolean {
  const notBefore = failing[source]?.notBefore;
  if (notBefore === undefined) return false;
  const waitMs = Date.parse(notBefore) - nowMs;
  return waitMs > 0 && waitMs <= MAX_WAIT_MS;
}

/** What came of reading one list (`source`). */
interface SourcePoll {
  readonly source: Source;
  readonly committed: readonly OutboxEntry[];
  readonly failure: CustomerInsightsError | undefined;
  /** Whether at least a part of the list was read. */
  readonly wasRead: boolean;
  readonly anomalies: readonly Anomaly[];
  /** Whether the task history, the list of finished tasks, was read (see `HistoryRead`). */
  readonly historyRead: boolean;
}

function pollSource(ports: PollPorts, before: InstanceState, source: Source): Promise<SourcePoll> {
  const attributes = { 'triggers.instance.id': before.instanceId, 'triggers.source': source };
  return ports.telemetry.span(`detect ${source}`, { attributes }, async (span) => {
    const { readings, failures, anomalies, historyRead } = await takeSnapshot(
      ports.insights,
      before,
      new Set([source]),
      ports.clock,
    );
    const failure = failures.get(source);
    if (failure) span.set({ 'error.type': failure.kind });
    const committed = await commitReadings(ports, before, readings, ports.random.token(9));
    const wasRead = readings[source === 'jobs' ? 'refreshes' : source] !== undefined;
    return { source, committed, failure, wasRead, anomalies, historyRead };
  });
}

async function savePoll(ports: PollPorts, before: InstanceState, polls: readonly SourcePoll[]): Promise<void> {
  const { instanceId } = before;
  const nowMs = ports.clock.now();
  const lastPolledAt = new Date(nowMs).toISOString();
  const failing = nextFailing(before, polls, nowMs);
  logChanges(ports.log, instanceId, before.failing, failing);
  const loggedAnomalies = logAnomalies(ports.log, before, polls);
  const history = polls.some(({ historyRead }) => historyRead)
    ? { readAt: lastPolledAt, refreshesHash: before.refreshes && refreshesHash(before.refreshes) }
    : before.history;
  if (before.completeAt !== undefined) {
    const lagMs = Math.max(0, nowMs - Date.parse(before.completeAt));
    ports.telemetry.record('triggers.poll.lag', lagMs / 1000, { 'triggers.instance.id': instanceId });
  }
  const ranOutOfPermits = polls.some(isOutOfPermits);
  const resumesAt = ranOutOfPermits ? await resumeLater(ports, before) : undefined;
  const isComplete = !ranOutOfPermits && Object.keys(failing).length === 0;
  const completeAt = isComplete ? lastPolledAt : before.completeAt;
  const [since] = Object.values(failing)
    .map((failure) => failure.since)
    .sort();
  // An instance is removed from `unreachable` before the state is saved: after a crash in between,
  // the state still says failing, so the next poll removes it again. It is added after the state is
  // saved: an entry exists only if the state says failing, so a later poll removes it.
  const wasFailing = Object.keys(before.failing).length > 0;
  if (since === undefined && wasFailing) await ports.unreachable.remove(instanceId);
  await ports.state.savePoll(instanceId, { lastPolledAt, completeAt, resumesAt, failing, loggedAnomalies, history });
  if (since !== undefined) await ports.unreachable.add(instanceId, since);
}

/**
 * Logs the new anomalies, and returns the keys of those that have been logged. Keeps all keys of a
 * list that could not be read.
 */
function logAnomalies(log: Log, before: InstanceState, polls: readonly SourcePoll[]): LoggedAnomalies {
  const { instanceId } = before;
  const logged: Record<string, readonly string[]> = {};
  for (const { source, failure, anomalies } of polls) {
    // Two polls do not read the same set of jobs, so a job that is missing from this reading may
    // still be in the list.
    const isWhole = source !== 'jobs' && failure === undefined;
    const next = recordAnomalies(before.loggedAnomalies[source] ?? [], anomalies, isWhole);
    for (const found of next.toLog) logAnomaly(log, instanceId, found);
    logged[source] = next.keys;
  }
  return logged;
}

/** Whether the call permits ran out, so that the list was not read, or only a part of it. */
function isOutOfPermits({ failure }: SourcePoll): boolean {
  return failure?.kind === 'limited';
}

/**
 * Schedules one additional poll, unless one is already scheduled. Resolves with the time at which
 * it is due.
 */
async function resumeLater(
  { clock, log, pollLater, callWindowMs }: PollPorts,
  { instanceId, resumesAt }: InstanceState,
): Promise<string> {
  if (resumesAt !== undefined && Date.parse(resumesAt) > clock.now()) return resumesAt;
  await pollLater(instanceId, callWindowMs);
  log.info('poll.stopped', { instanceId, goesOnAfterMs: callWindowMs });
  return new Date(clock.now() + callWindowMs).toISOString();
}

/**
 * Returns the lists that cannot be read, each with the time of its first failure: those whose
 * reading failed now, and those that failed earlier and that this poll did not try to read.
 */
function nextFailing(
  { failing: before, ...state }: InstanceState,
  polls: readonly SourcePoll[],
  nowMs: number,
): Failing {
  const failing: Failing = {};
  const read = new Set(polls.map(({ source }) => source));
  for (const source of sourcesOf({ ...state, failing: before })) {
    const waiting = before[source];
    if (waiting !== undefined && !read.has(source)) failing[source] = waiting;
  }
  for (const poll of polls) {
    const { source, failure, wasRead } = poll;
    const known = before[source];
    if (isOutOfPermits(poll)) {
      if (known !== undefined) failing[source] = known;
    } else if (failure !== undefined) {
      const { kind, message } = failure;
      // A wait that concerns a single item, such as one job, does not concern the list.
      const retryAfterMs = wasRead && kind !== 'throttled' ? undefined : failure.retryAfterMs;
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

/**
 * Logs when a list can no longer be read, and when it can be read again. Logs nothing in between.
 */
function logChanges(log: Log, instanceId: string, before: Failing, after: Failing): void {
  for (const source of ['jobs', 'segments', 'measures'] as const) {
    const failure = after[source];
    if (failure && !before[source]) log.warn('insights.unreachable', { instanceId, source, reason: failure.reason });
    if (!failure && before[source]) {
      log.info('insights.reachable', { instanceId, source, since: before[source].since });
    }
  }
}
