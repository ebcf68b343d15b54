import type { Clock } from '../clock.ts';
import type { CustomerInsights } from '../insights/customer-insights.ts';
import { CustomerInsightsError } from '../insights/customer-insights.ts';
import type { Source } from '../triggers/trigger-record.ts';
import { triggers } from '../triggers/trigger.ts';
import {
  plausibleRefreshes,
  plausibleValue,
  plausibilityFilter,
  type PlausibilityFilter,
} from './plausible-instants.ts';
import type { InstanceState } from './instance-state.ts';
import type { Anomaly } from './anomaly.ts';
import { readMeasures } from './read-measures.ts';
import { plausibleInsights, abandonedJobs, readRefreshes } from './read-refreshes.ts';
import { segmentReading, type Readings, type ValueReading } from './readings.ts';
import { valuesFrom } from './values-from.ts';

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
  clock: Clock,
): Promise<Snapshot> {
  const nowMs = clock.now();
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
    attempt('measures', () => readMeasures(insights, state, { historyDays, plausibility, clock })),
    attempt('jobs', () => readRefreshes(plausibleInsights(insights, plausibility), state, clock)),
  ]);
  if (measures?.failure) failures.set('measures', measures.failure);
  if (refreshes?.failure) failures.set('jobs', refreshes.failure);
  return {
    readings: { segments, measures: measures?.values, refreshes },
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
