import { allDone } from '../all-done.ts';
import type { CustomerInsights, Measure } from '../insights/customer-insights.ts';
import { CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { triggers } from '../triggers/trigger.ts';
import {
  plausibleRefreshes,
  plausibleValue,
  plausibilityFilter,
  type PlausibilityFilter,
} from './plausible-instants.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import type { Anomaly } from './anomaly.ts';
import { plausibleInsights, abandonedJobs, readRefreshes } from './read-refreshes.ts';
import { measureReading, segmentReading, type Readings, type ValueReading } from './readings.ts';

/** One reading of an instance, and the lists that could not be read completely. */
export interface Snapshot {
  readonly readings: Readings;
  /**
   * The lists that could not be read completely. Jobs and measures may have been read in part. But
   * a segment or measure that is in the readings has all its evaluations (computations of its value
   * by Customer Insights).
   */
  readonly failures: ReadonlyMap<Source, CustomerInsightsError>;
  /** The anomalies of the lists that were read. */
  readonly anomalies: readonly Anomaly[];
  /**
   * Whether the task history was read: the list of the finished tasks of an instance, which shows
   * refreshes that the page of recent jobs does not.
   */
  readonly historyRead: boolean;
}

const DAY_MS = 24 * 3600 * 1000;
const MAX_HISTORY_DAYS = 30;
/** Maximum number of measures whose history is read concurrently. */
const CONCURRENT_HISTORIES = 10;

/**
 * Reads the subjects that have subscriptions: those of `remembered`, the stored state. Takes one
 * call for all segments, one for all measures, one for each measure with a new value, and one for
 * the jobs when nothing is new. The lists are read concurrently, so that their call permits are
 * taken together. A list that cannot be read does not affect the others.
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
  const plausibility = plausibilityFilter(nowMs, state.loggedAnomalies);
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
    attempt('segments', () => readSegments(insights, state, historyDays, plausibility)),
    attempt('measures', () =>
      readMeasures(insights, state, historyDays, plausibility, (error) => failures.set('measures', error)),
    ),
    attempt('jobs', () => readRefreshes(plausibleInsights(insights, plausibility), state, nowMs)),
  ]);
  if (refreshes?.failure) failures.set('jobs', refreshes.failure);
  return {
    readings: { segments, measures, refreshes },
    failures,
    anomalies: [...plausibility.anomalies, ...abandonedJobs(state, nowMs)],
    historyRead: refreshes?.historyRead === true,
  };
}

/** The lists that contain subjects with subscriptions. */
export function sourcesOf(state: InstanceState): Set<Source> {
  const sources = new Set<Source>();
  for (const { trigger } of state.values) sources.add(triggers[trigger].source);
  if (state.refreshes) sources.add('jobs');
  return sources;
}

/**
 * The number of days of history to read: back to the last complete poll and one day further,
 * because evaluations may be listed late. Until the first complete poll, it is the maximum, because
 * the time of the last reading is unknown. It is also the maximum for the first reading of a
 * subject. Otherwise a last successful evaluation that is days old would be missing from the
 * baseline, and would count as new in a later reading.
 */
function historyDaysOf({ completeAt, values }: InstanceState, nowMs: number): number {
  if (completeAt === undefined || values.some(({ etag }) => etag === undefined)) return MAX_HISTORY_DAYS;
  const daysSince = Math.ceil((nowMs - Date.parse(completeAt)) / DAY_MS);
  return Math.min(MAX_HISTORY_DAYS, 1 + Math.max(1, daysSince));
}

async function readSegments(
  insights: CustomerInsights,
  state: InstanceState,
  historyDays: number,
  plausibility: PlausibilityFilter,
): Promise<ReadonlyMap<string, ValueReading>> {
  const segments = await insights.segments(state.instanceId, { historyDays });
  const known = new Set(valuesFrom('segments', state).map(({ name }) => name));
  return new Map(
    segments
      .filter(({ name }) => known.has(name))
      .map((segment) => [segment.name, plausibility.value('segments', segment.name, segmentReading(segment))]),
  );
}

/**
 * Reads the measures. The list of measures contains no history, so a measure with a new value takes
 * one more call, which returns the values before the new one. So does a measure that is read for
 * the first time. If this call fails, or has no call permit, the measure is left out of the
 * reading, because the new value alone would hide the values before it. The other measures are
 * still read. But if Customer Insights refuses all calls, the reading ends.
 */
async function readMeasures(
  insights: CustomerInsights,
  state: InstanceState,
  historyDays: number,
  plausibility: PlausibilityFilter,
  recordLeftOut: (error: CustomerInsightsError) => void,
): Promise<ReadonlyMap<string, ValueReading>> {
  const measures = await insights.measures(state.instanceId);
  const known = new Map(valuesFrom('measures', state).map((subject) => [subject.name, subject]));
  const readOne = async (measure: Measure): Promise<[string, ValueReading][]> => {
    const subject = known.get(measure.name);
    if (subject === undefined) return [];
    const listed = measureReading(measure);
    const latest = plausibility.value('measures', measure.name, listed);
    // The list shows only one value. If it is implausible, the history may contain new plausible
    // ones.
    const hasImplausible = latest.evaluations.length < listed.evaluations.length;
    if (!hasImplausible && !hasNewValue(subject, latest)) return [[measure.name, latest]];
    try {
      const full = await withHistory(insights, state.instanceId, latest, subject.name, historyDays);
      return [[measure.name, plausibility.value('measures', measure.name, full)]];
    } catch (error) {
      if (!(error instanceof CustomerInsightsError) || refusesAllCalls(error)) throw error;
      recordLeftOut(error);
      return [];
    }
  };
  const read: [string, ValueReading][] = [];
  for (let start = 0; start < measures.length; start += CONCURRENT_HISTORIES) {
    read.push(...(await allDone(measures.slice(start, start + CONCURRENT_HISTORIES).map(readOne))).flat());
  }
  return new Map(read);
}

/** Whether the next call would fail too, whatever it reads. */
function refusesAllCalls({ kind }: CustomerInsightsError): boolean {
  return kind === 'throttled' || kind === 'unauthorized';
}

async function withHistory(
  insights: CustomerInsights,
  instanceId: string,
  latest: ValueReading,
  name: string,
  historyDays: number,
): Promise<ValueReading> {
  const measure = await insights.measure(instanceId, name, { historyDays });
  if (measure === undefined) return latest;
  const full = measureReading(measure);
  // The list was read first, so its value counts even if the history does not contain it yet.
  return { ...latest, evaluations: [...full.evaluations, ...latest.evaluations] };
}

function valuesFrom(source: Source, { values }: InstanceState): ValueSubject[] {
  return values.filter(({ trigger }) => triggers[trigger].source === source);
}

/**
 * Whether the list shows a value of a measure that is not observed yet. A measure without a
 * baseline counts as new, because another writer may commit its baseline first. This reading must
 * then contain the values since that baseline.
 */
function hasNewValue({ last, etag, isSuspended }: ValueSubject, { evaluations }: ValueReading): boolean {
  if (etag === undefined || isSuspended) return true;
  return evaluations.some(({ evaluatedAtMs }) => evaluatedAtMs > (last?.evaluatedAtMs ?? -Infinity));
}
