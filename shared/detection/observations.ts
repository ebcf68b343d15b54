import type { Clock } from '../clock.ts';
import { CustomerInsightsError, type CustomerInsights } from '../insights/customer-insights.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { shownNumber } from '../shown-number.ts';
import { explain, type Explanation, type Outcome } from './explain.ts';
import { explainRefreshes, type RefreshTrigger } from './explain-refreshes.ts';
import { isValueTrigger, type ValueSubject } from './instance-state.ts';
import type { StateStore } from './state-store.ts';
import { readValueHistory } from './value-history.ts';

export interface ObservationsPorts {
  readonly insights: CustomerInsights;
  readonly clock: Pick<Clock, 'now'>;
  readonly state: Pick<StateStore, 'observed' | 'read'>;
  /** Whether the operator allows the instance: else nothing of it is read. */
  readonly isAllowed: (instanceId: string) => boolean;
}

/** One evaluation of a subscription's segment or measure, or a refresh that ended, and why it fired or did not. */
export interface Observation {
  /** Of a refresh: when it ended. */
  readonly evaluatedAt: string;
  /** Absent when the evaluation failed, and of a refresh. */
  readonly value?: number;
  readonly previousValue?: number;
  /** `unknown`: what came before it cannot be read, so nobody can say what it meant. `not-awaited`: a refresh of another kind than the subscription waits for. */
  readonly outcome: Outcome | 'unknown' | 'not-awaited';
  /** Why, for people. */
  readonly sentence: string;
  /** Whether the subscription is owed a delivery for it. */
  readonly fires: boolean;
}

export interface Observations {
  readonly threshold?: number;
  readonly displayName?: string;
  /** Newest first; at most `MAX_OBSERVATIONS`. */
  readonly value: readonly Observation[];
  /** Why only what was remembered here can be told. */
  readonly historyMissing?: string;
}

/** More points than a chart has columns; at four evaluations a day, 250 days. */
const MAX_OBSERVATIONS = 1_000;

const DAY_MS = 24 * 3600 * 1000;

/**
 * The evaluations of the last `days` of a subscription's subject as Customer Insights remembers them, and the newest of all, each with
 * why it fired or did not: the same code as detects, and the numbers of observations that decide who is owed what. Without an answer of
 * Customer Insights the last observation alone. One call to Customer Insights and one storage request.
 *
 * Of a trigger without values the refreshes since the subscription was made that fired nothing for it. At most three calls.
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
  if (!isValueTrigger(trigger)) {
    const read = await askInsights(() => unawaited(ports, { instanceId, trigger, subject }));
    if (read.kind === 'failed') return { value: [], historyMissing: read.reason };
    const fromMs = Math.max(sinceMs, Date.parse(subscription.createdAt));
    const recent = read.value.filter(({ evaluatedAt }) => Date.parse(evaluatedAt) >= fromMs);
    return { value: recent.slice(0, MAX_OBSERVATIONS) };
  }
  if (threshold === undefined) return { value: [] };
  const [observed, history] = await Promise.all([
    ports.state.observed(subscription),
    // A day more than asked for, so that the first value of the time has one before it to compare with.
    askInsights(() =>
      readValueHistory(ports.insights, { instanceId, trigger, name: subject }, { historyDays: days + 1, nowMs }),
    ),
  ]);
  const remembered = observed?.last ? [observed.last] : [];
  if (history.kind === 'failed' || history.value === undefined) {
    const historyMissing =
      history.kind === 'failed' ? history.reason : 'Customer Insights has no segment or measure of this name any more.';
    const last = told(subscription, observed, explain(remembered, threshold)).map(unexplained);
    return { threshold, value: last, historyMissing };
  }
  const { displayName, entries } = history.value;
  const explained = explain([...entries, ...remembered], threshold).filter(
    ({ evaluatedAtMs }, index, all) => evaluatedAtMs >= sinceMs || index === all.length - 1,
  );
  return { threshold, displayName, value: told(subscription, observed, explained) };
}

/** An evaluation of which it cannot be said what it meant: not that it was the first, nor that nothing was crossed. */
function unexplained({ evaluatedAt, value }: Observation): Observation {
  const sentence = `${value === undefined ? 'no value' : shownNumber(value)}: the last that is known here; what came before it cannot be read now`;
  return { evaluatedAt, ...(value !== undefined && { value }), outcome: 'unknown', sentence, fires: false };
}

/** As far back as one page of jobs reaches. */
const JOBS_PAGE = 100;

async function unawaited(
  { insights, state }: Pick<ObservationsPorts, 'insights' | 'state'>,
  waits: { readonly instanceId: string; readonly trigger: RefreshTrigger; readonly subject: string },
): Promise<Observation[]> {
  const { instanceId, trigger } = waits;
  const isNamed = trigger === 'data-source-refresh-failed' || trigger === 'data-source-refresh-succeeded';
  const [{ refreshes }, jobs, dataSources, nodes] = await Promise.all([
    state.read(instanceId),
    insights.jobs(instanceId, { top: JOBS_PAGE }),
    isNamed ? insights.dataSources(instanceId) : [],
    isNamed ? insights.nodes(instanceId) : [],
  ]);
  return explainRefreshes(waits, jobs, { dataSources, nodes, before: refreshes?.names ?? new Map() }).map(
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

/** Observations are numbered; counted back from the last one, each evaluation gets its number, and so whom it is owed to. */
function told(
  { activeFrom: birth = 0, activeUntil: until }: Subscription,
  observed: ValueSubject | undefined,
  explained: readonly Explanation[],
): Observation[] {
  const lastMs = observed?.last?.evaluatedAtMs ?? -Infinity;
  let sequence = observed?.sequence ?? 0;
  const newestFirst = explained.toReversed().map((explanation): Observation => {
    const { evaluatedAtMs, ...rest } = explanation;
    const evaluatedAt = new Date(evaluatedAtMs).toISOString();
    const isCrossing = explanation.outcome === 'crossed';
    const tell = (fires: boolean, why = ''): Observation => ({
      evaluatedAt,
      ...rest,
      sentence: rest.sentence + why,
      fires,
    });
    if (explanation.outcome === 'failed') return tell(false);
    if (evaluatedAtMs > lastMs) return tell(false, isCrossing ? '; not looked at yet, the next poll tells' : '');
    const own = sequence;
    sequence -= 1;
    if (!isCrossing) return tell(false);
    if (own <= birth) return tell(false, ', before this subscription was made');
    if (until !== undefined && own > until) return tell(false, ', after the flow was saved again');
    return tell(true);
  });
  return newestFirst.slice(0, MAX_OBSERVATIONS);
}
