import type { Clock } from '../clock.ts';
import { CustomerInsightsError, type CustomerInsights } from '../insights/customer-insights.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { shownNumber } from '../shown-number.ts';
import { hasThreshold, triggers, type RefreshTrigger } from '../triggers/trigger.ts';
import { explain, type Explanation, type Outcome } from './explain.ts';
import { explainRefreshes } from './explain-refreshes.ts';
import type { ValueSubject } from './instance-state.ts';
import type { StateStore } from './state-store.ts';
import { readValueHistory } from './value-history.ts';

export interface ObservationsPorts {
  readonly insights: CustomerInsights;
  readonly clock: Pick<Clock, 'now'>;
  readonly state: Pick<StateStore, 'observed' | 'read'>;
  /** Whether the operator allows the instance. An instance that is not allowed is not read. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/**
 * One evaluation of a subscription's segment or measure (a computation of its value by Customer
 * Insights), or one refresh that ended, with the reason why it fired or not.
 */
export interface Observation {
  /** When Customer Insights computed the value. For a refresh, when it ended. */
  readonly evaluatedAt: string;
  /** Absent for a refresh and for a failed evaluation. */
  readonly value?: number;
  readonly previousValue?: number;
  /**
   * `unknown`: the previous evaluations cannot be read, so nobody can say whether this one crossed
   * the threshold. `not-awaited`: a refresh that fires nothing for this subscription.
   */
  readonly outcome: Outcome | 'unknown' | 'not-awaited';
  /** The reason, as a sentence for people. */
  readonly sentence: string;
  /** Whether the subscription receives a delivery for the observation. */
  readonly fires: boolean;
}

export interface Observations {
  readonly threshold?: number;
  readonly displayName?: string;
  /** The observations, newest first. At most `MAX_OBSERVATIONS`. */
  readonly value: readonly Observation[];
  /**
   * Why the history could not be read. If present, `value` holds at most the last stored
   * observation.
   */
  readonly historyMissing?: string;
}

/**
 * Maximum number of observations in a response. At four evaluations a day, they cover 250 days,
 * more than a chart can show.
 */
const MAX_OBSERVATIONS = 1_000;

const DAY_MS = 24 * 3600 * 1000;

/**
 * Explains the observations of a subscription. For a segment or measure, these are the evaluations
 * of the last `days` days, and the newest one even if it is older, from the history that Customer
 * Insights keeps. The detection code decides which of them crossed the threshold, and the sequence
 * numbers decide which crossings fired for this subscription. If the history cannot be read, only
 * the last stored observation is returned. Takes one call to Customer Insights and one storage
 * request.
 *
 * For a trigger about refreshes, these are the refreshes of the last `days` days that fired nothing
 * for the subscription. Those from before it was created are left out. Takes at most three calls
 * and one storage request per 1,000 rows of the instance's state.
 */
export async function observationsOf(
  ports: ObservationsPorts,
  subscription: Subscription,
  days: number,
): Promise<Observations> {
  const { instanceId, trigger, subject, threshold } = subscription;
  const nowMs = ports.clock.now();
  const askInsights = <T>(read: () => Promise<T>): ReturnType<typeof attempt<T>> =>
    ports.isAllowed(instanceId)
      ? attempt(read)
      : Promise.resolve({ kind: 'failed', reason: 'ALLOWED_INSTANCES does not name this instance.' });
  const sinceMs = nowMs - days * DAY_MS;
  if (!hasThreshold(trigger)) {
    const read = await askInsights(() => nonFiringRefreshes(ports, { instanceId, trigger, subject }));
    if (read.kind === 'failed') return { value: [], historyMissing: read.reason };
    const fromMs = Math.max(sinceMs, Date.parse(subscription.createdAt));
    const recent = read.value.filter(({ evaluatedAt }) => Date.parse(evaluatedAt) >= fromMs);
    return { value: recent.slice(0, MAX_OBSERVATIONS) };
  }
  if (threshold === undefined) return { value: [] };
  const [observed, history] = await Promise.all([
    ports.state.observed(subscription),
    // One day more than requested, so that the first value of the period has a previous value.
    askInsights(() =>
      readValueHistory(ports.insights, { instanceId, trigger, name: subject }, { historyDays: days + 1, nowMs }),
    ),
  ]);
  const remembered = observed?.last ? [observed.last] : [];
  if (history.kind === 'failed' || history.value === undefined) {
    const historyMissing =
      history.kind === 'failed' ? history.reason : 'Customer Insights has no segment or measure of this name any more.';
    const last = withFiring(subscription, observed, explain(remembered, threshold)).map(unexplained);
    return { threshold, value: last, historyMissing };
  }
  const { displayName, entries } = history.value;
  const explained = explain([...entries, ...remembered], threshold).filter(
    ({ evaluatedAtMs }, index, all) => evaluatedAtMs >= sinceMs || index === all.length - 1,
  );
  return { threshold, displayName, value: withFiring(subscription, observed, explained) };
}

/**
 * Replaces the explanation of an evaluation whose predecessors cannot be read. It may not be the
 * first evaluation, and it may have crossed the threshold.
 */
function unexplained({ evaluatedAt, value }: Observation): Observation {
  const sentence = `${value === undefined ? 'no value' : shownNumber(value)}: the last known value. The evaluations before it cannot be read now`;
  return { evaluatedAt, ...(value !== undefined && { value }), outcome: 'unknown', sentence, fires: false };
}

/** Number of jobs to read. Refreshes of older jobs are not explained. */
const JOBS_PAGE = 100;

async function nonFiringRefreshes(
  { insights, state }: Pick<ObservationsPorts, 'insights' | 'state'>,
  target: { readonly instanceId: string; readonly trigger: RefreshTrigger; readonly subject: string },
): Promise<Observation[]> {
  const { instanceId, trigger } = target;
  const isNamed = triggers[trigger].subject.kind === 'data-source';
  const [{ refreshes }, jobs, dataSources, nodes] = await Promise.all([
    state.read(instanceId),
    insights.jobs(instanceId, { top: JOBS_PAGE }),
    isNamed ? insights.dataSources(instanceId) : [],
    isNamed ? insights.nodes(instanceId) : [],
  ]);
  return explainRefreshes(target, jobs, { dataSources, nodes, before: refreshes?.names ?? new Map() }).map(
    ({ endedAtMs, sentence }) => ({
      evaluatedAt: new Date(endedAtMs).toISOString(),
      outcome: 'not-awaited',
      sentence,
      fires: false,
    }),
  );
}

async function attempt<T>(
  read: () => Promise<T>,
): Promise<{ kind: 'read'; value: T } | { kind: 'failed'; reason: string }> {
  try {
    return { kind: 'read', value: await read() };
  } catch (error) {
    if (!(error instanceof CustomerInsightsError)) throw error;
    return { kind: 'failed', reason: error.message };
  }
}

/**
 * Adds to each explanation whether the subscription receives a delivery. The evaluation's sequence
 * number decides this. It is found by counting back from the last stored observation.
 */
function withFiring(
  { activeFrom = 0, activeUntil }: Subscription,
  observed: ValueSubject | undefined,
  explained: readonly Explanation[],
): Observation[] {
  const lastMs = observed?.last?.evaluatedAtMs ?? -Infinity;
  let sequence = observed?.sequence ?? 0;
  const newestFirst = explained.toReversed().map((explanation): Observation => {
    const { evaluatedAtMs, ...rest } = explanation;
    const evaluatedAt = new Date(evaluatedAtMs).toISOString();
    const isCrossing = explanation.outcome === 'crossed';
    const observation = (fires: boolean, reason = ''): Observation => ({
      evaluatedAt,
      ...rest,
      sentence: rest.sentence + reason,
      fires,
    });
    if (explanation.outcome === 'failed') return observation(false);
    if (evaluatedAtMs > lastMs) return observation(false, isCrossing ? '; not polled yet, the next poll decides' : '');
    const number = sequence;
    sequence -= 1;
    if (!isCrossing) return observation(false);
    if (number <= activeFrom) return observation(false, ', before this subscription was made');
    if (activeUntil !== undefined && number > activeUntil)
      return observation(false, ', after the flow was saved again');
    return observation(true);
  });
  return newestFirst.slice(0, MAX_OBSERVATIONS);
}
