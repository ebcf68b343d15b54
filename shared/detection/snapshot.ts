import { allDone } from '../all-done.ts';
import type { CustomerInsights, Measure } from '../insights/customer-insights.ts';
import { CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Source } from '../triggers/trigger.ts';
import {
  plausibleRefreshes,
  plausibleValue,
  plausibilityFilter,
  type PlausibilityFilter,
} from './plausible-instants.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import type { Anomaly } from './anomaly.ts';
import { plausibleInsights, abandonedJobs, readRefreshes } from './read-refreshes.ts';
import { measureReading, segmentReading, type Readings, type ReadValue } from './readings.ts';

/** A look at an instance: what was read, and which lists gave no answer. */
export interface Snapshot {
  readonly readings: Readings;
  /** A list that failed for want of calls (`limited`) may have been read in part: what is in the readings is whole. */
  readonly failures: ReadonlyMap<Source, CustomerInsightsError>;
  /** What the lists that answered said and is not believed. */
  readonly anomalies: readonly Anomaly[];
  /** Whether the task history was read: what the page of jobs does not show would have been found. */
  readonly historyRead: boolean;
}

/** History is asked for back to the last look, and a day more for evaluations that are listed late. */
const DAY_MS = 24 * 3600 * 1000;
const MAX_HISTORY_DAYS = 30;
/** Measures whose history is read at the same time. */
const HISTORIES_AT_ONCE = 10;

/**
 * Reads what somebody is subscribed to, with few list calls: at most one for segments, one for measures (and one for each
 * measure that has a new value), one for jobs when nothing is new. The lists are asked for in one turn, so that their calls are counted
 * together. A list that gives no answer is a failure of that list alone.
 */
export async function takeSnapshot(
  insights: CustomerInsights,
  remembered: InstanceState,
  sources: ReadonlySet<Source>,
  nowMs: number,
): Promise<Snapshot> {
  const state: InstanceState = {
    ...remembered,
    values: remembered.values.map((subject) => plausibleValue(subject, nowMs)),
    refreshes: remembered.refreshes && plausibleRefreshes(remembered.refreshes, nowMs),
  };
  const doubts = plausibilityFilter(nowMs, state.noted);
  const failures = new Map<Source, CustomerInsightsError>();
  const attempt = async <T>(source: Source, read: () => Promise<T>): Promise<T | undefined> => {
    if (!sources.has(source)) return undefined;
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CustomerInsightsError)) throw error;
      failures.set(source, error);
      return undefined;
    }
  };
  const historyDays = historyDaysOf(state, nowMs);
  const [segments, measures, refreshes] = await Promise.all([
    attempt('segments', () => readSegments(insights, state, historyDays, doubts)),
    attempt('measures', () =>
      readMeasures(insights, state, historyDays, doubts, (error) => failures.set('measures', error)),
    ),
    attempt('jobs', () => readRefreshes(plausibleInsights(insights, doubts), state, nowMs)),
  ]);
  return {
    readings: { segments, measures, refreshes },
    failures,
    anomalies: [...doubts.oddities, ...abandonedJobs(state, nowMs)],
    historyRead: refreshes?.historyRead === true,
  };
}

/** The lists that somebody is subscribed to. */
export function sourcesOf(state: InstanceState): Set<Source> {
  const sources = new Set<Source>();
  for (const { trigger } of state.values)
    sources.add(trigger === 'segment-threshold-crossed' ? 'segments' : 'measures');
  if (state.refreshes) sources.add('jobs');
  return sources;
}

/**
 * As far back as it goes before the first complete poll, when nobody knows how long ago the last look was; and at the first look at a subject, whose
 * last success may be days old: what is not found then counts as new when a later look finds it.
 */
function historyDaysOf({ completeAt, values }: InstanceState, nowMs: number): number {
  if (completeAt === undefined || values.some(({ etag }) => etag === '')) return MAX_HISTORY_DAYS;
  const daysSince = Math.ceil((nowMs - Date.parse(completeAt)) / DAY_MS);
  return Math.min(MAX_HISTORY_DAYS, 1 + Math.max(1, daysSince));
}

async function readSegments(
  insights: CustomerInsights,
  state: InstanceState,
  historyDays: number,
  doubts: PlausibilityFilter,
): Promise<ReadonlyMap<string, ReadValue>> {
  const segments = await insights.segments(state.instanceId, { historyDays });
  const known = new Set(state.values.filter((subject) => !isMeasure(subject)).map(({ name }) => name));
  return new Map(
    segments
      .filter(({ name }) => known.has(name))
      .map((segment) => [segment.name, doubts.value('segments', segment.name, segmentReading(segment))]),
  );
}

/**
 * The list has no history: only a measure with a new value, or read for the first time, is worth a call of its own, to see what was in between. One for which there
 * is no call is left out: the new value alone would hide what was before it.
 */
async function readMeasures(
  insights: CustomerInsights,
  state: InstanceState,
  historyDays: number,
  doubts: PlausibilityFilter,
  noteLeftOut: (error: CustomerInsightsError) => void,
): Promise<ReadonlyMap<string, ReadValue>> {
  const measures = await insights.measures(state.instanceId);
  const known = new Map(state.values.filter(isMeasure).map((subject) => [subject.name, subject]));
  const readOne = async (measure: Measure): Promise<[string, ReadValue][]> => {
    const subject = known.get(measure.name);
    if (subject === undefined) return [];
    const listed = measureReading(measure);
    const latest = doubts.value('measures', measure.name, listed);
    // One that is not believed may hide newer ones that are.
    const isDoubted = latest.evaluations.length < listed.evaluations.length;
    if (!isDoubted && !hasNew(subject, latest)) return [[measure.name, latest]];
    try {
      const full = await withHistory(insights, state.instanceId, latest, subject.name, historyDays);
      return [[measure.name, doubts.value('measures', measure.name, full)]];
    } catch (error) {
      if (!(error instanceof CustomerInsightsError && error.kind === 'limited')) throw error;
      noteLeftOut(error);
      return [];
    }
  };
  const read: [string, ReadValue][] = [];
  for (let start = 0; start < measures.length; start += HISTORIES_AT_ONCE) {
    read.push(...(await allDone(measures.slice(start, start + HISTORIES_AT_ONCE).map(readOne))).flat());
  }
  return new Map(read);
}

async function withHistory(
  insights: CustomerInsights,
  instanceId: string,
  latest: ReadValue,
  name: string,
  historyDays: number,
): Promise<ReadValue> {
  const measure = await insights.measure(instanceId, name, { historyDays });
  if (measure === undefined) return latest;
  const full = measureReading(measure);
  // The list was read first: what it said stays said, even if the history does not hold it yet.
  return { ...latest, evaluations: [...full.evaluations, ...latest.evaluations] };
}

function isMeasure(subject: ValueSubject): boolean {
  return subject.trigger === 'measure-threshold-crossed';
}

/** Of one that was never read it is not known: should somebody else be faster with theirs, what came since then is told by this reading. */
function hasNew({ last, etag, isSuspended }: ValueSubject, { evaluations }: ReadValue): boolean {
  if (etag === '' || isSuspended) return true;
  return evaluations.some(({ evaluatedAtMs }) => evaluatedAtMs > (last?.evaluatedAtMs ?? -Infinity));
}
