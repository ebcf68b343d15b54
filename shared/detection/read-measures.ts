import { allDone } from '../all-done.ts';
import type { Clock } from '../clock.ts';
import { CustomerInsightsError, type CustomerInsights } from '../insights/customer-insights.ts';
import type { InstanceState, ValueSubject } from './instance-state.ts';
import { decisiveFailure, itemsTimer, MAX_ITEMS_MS, refusesAllCalls } from './partial-reading.ts';
import type { PlausibilityFilter } from './plausible-instants.ts';
import { measureReading, type ValueReading } from './readings.ts';
import { valuesFrom } from './values-from.ts';

/** Maximum number of measures whose history is read concurrently. */
const CONCURRENT_HISTORIES = 10;

/** The measures that were read, by name. */
export interface MeasuresRead {
  readonly values: ReadonlyMap<string, ValueReading>;
  /** Why some measures were left out. */
  readonly failure: CustomerInsightsError | undefined;
}

/**
 * Reads the measures. The list of measures contains no history, so a measure with a new value takes
 * one more call, which returns the values before the new one. So does a measure that is read for
 * the first time. If this call fails, the measure is left out of the reading, because the new value
 * alone would hide the values before it. The other measures are still read, unless all calls are
 * refused, or `MAX_ITEMS_MS` have passed.
 */
export async function readMeasures(
  insights: CustomerInsights,
  state: InstanceState,
  { historyDays, plausibility, clock }: { historyDays: number; plausibility: PlausibilityFilter; clock: Clock },
): Promise<MeasuresRead> {
  const measures = await insights.measures(state.instanceId);
  const known = new Map(valuesFrom('measures', state).map((value) => [value.name, value]));
  const values = new Map<string, ValueReading>();
  const withoutHistory: [string, ValueReading][] = [];
  for (const measure of measures) {
    const { name } = measure;
    const subject = known.get(name);
    if (subject === undefined) continue;
    const listed = measureReading(measure);
    const latest = plausibility.value('measures', name, listed);
    // The list shows only one value. If it is implausible, the history may contain new plausible
    // ones.
    const hasImplausible = latest.evaluations.length < listed.evaluations.length;
    if (hasImplausible || hasNewValue(subject, latest)) withoutHistory.push([name, latest]);
    else values.set(name, latest);
  }

  let failure: CustomerInsightsError | undefined;
  const readOne = async ([name, latest]: [string, ValueReading]): Promise<void> => {
    try {
      const full = await withHistory(insights, state.instanceId, latest, name, historyDays);
      values.set(name, plausibility.value('measures', name, full));
    } catch (error) {
      if (!(error instanceof CustomerInsightsError)) throw error;
      failure = decisiveFailure(failure, error);
    }
  };
  // Histories that time out must not take the time of the same others in every poll. So after an
  // incomplete poll, the reading starts at another measure.
  const start = state.failing.measures ? clock.now() % Math.max(1, withoutHistory.length) : 0;
  const toRead = [...withoutHistory.slice(start), ...withoutHistory.slice(0, start)];
  const isTimeUp = itemsTimer(clock);
  while (toRead.length > 0) {
    await allDone(toRead.splice(0, CONCURRENT_HISTORIES).map(readOne));
    if (failure !== undefined && refusesAllCalls(failure)) break;
    if (toRead.length > 0 && isTimeUp()) {
      failure ??= timeUp();
      break;
    }
  }
  return { values, failure };
}

function timeUp(): CustomerInsightsError {
  const reason = `not all could be read within ${MAX_ITEMS_MS / 1000} s`;
  return new CustomerInsightsError('unavailable', 'histories of measures', reason);
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

/**
 * Whether the list shows a value of a measure that is not observed yet. A measure without a
 * baseline counts as new, because another writer may commit its baseline first. This reading must
 * then contain the values since that baseline.
 */
function hasNewValue({ last, etag, isSuspended }: ValueSubject, { evaluations }: ValueReading): boolean {
  if (etag === undefined || isSuspended) return true;
  return evaluations.some(({ evaluatedAtMs }) => evaluatedAtMs > (last?.evaluatedAtMs ?? -Infinity));
}
