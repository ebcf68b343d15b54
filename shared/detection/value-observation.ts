/**
 * A successful evaluation of a segment or measure: Customer Insights computed this value at this
 * instant.
 */
export interface Evaluation {
  readonly evaluatedAtMs: number;
  readonly value: number;
}

/** The stored state of a segment or measure between two polls. */
export interface ValueState {
  /** The sequence number of the last observation. The baseline has a sequence number too. */
  readonly sequence: number;
  /** The last observation. Absent before the first one. */
  readonly last: Evaluation | undefined;
}

/**
 * Two successive observations of which the second is higher. They cross every threshold with
 * `previousValue <= threshold < value`.
 */
export interface Rise {
  readonly sequence: number;
  readonly previousValue: number;
  readonly value: number;
  readonly evaluatedAtMs: number;
}

/** The result of `observe`. */
export interface ObserveResult {
  readonly state: ValueState;
  readonly rises: readonly Rise[];
  /** Whether evaluations are left. If so, call again with the new state. */
  readonly hasMore: boolean;
}

/**
 * Adds the new evaluations as observations, in the order of their instants. New are those that are
 * later than the last observation, so an evaluation that is read again changes nothing. The first
 * observation is the baseline. It is the newest evaluation, so that earlier ones fire nothing. But
 * if the subject had no evaluation when it was last read (`wasEmpty`), all evaluations are new, and
 * the baseline is the oldest one.
 *
 * Stops after `maxRises` rises, so that the state and the events of one step fit into one
 * transaction.
 */
export function observe(
  state: ValueState,
  evaluations: readonly Evaluation[],
  maxRises: number,
  wasEmpty = false,
): ObserveResult {
  const ordered = inOrder(evaluations);
  const baseline = state.last ?? (wasEmpty ? ordered[0] : ordered.at(-1));
  if (baseline === undefined) return { state, rises: [], hasMore: false };
  let last = baseline;
  let sequence = state.last === undefined ? state.sequence + 1 : state.sequence;
  const rises: Rise[] = [];
  for (const evaluation of ordered) {
    if (evaluation.evaluatedAtMs <= last.evaluatedAtMs) continue;
    if (rises.length === maxRises) return { state: { sequence, last }, rises, hasMore: true };
    sequence += 1;
    if (evaluation.value > last.value) {
      rises.push({
        sequence,
        previousValue: last.value,
        value: evaluation.value,
        evaluatedAtMs: evaluation.evaluatedAtMs,
      });
    }
    last = evaluation;
  }
  return { state: { sequence, last }, rises, hasMore: false };
}

/** Sorts evaluations by instant and keeps one for each instant, the first in the list. */
export function inOrder<T extends { readonly evaluatedAtMs: number }>(evaluations: readonly T[]): T[] {
  const byInstant = new Map<number, T>();
  for (const evaluation of evaluations) {
    if (!byInstant.has(evaluation.evaluatedAtMs)) byInstant.set(evaluation.evaluatedAtMs, evaluation);
  }
  return [...byInstant.values()].sort((a, b) => a.evaluatedAtMs - b.evaluatedAtMs);
}

/**
 * Whether a rise crosses a threshold: from at or below it to above it. The range query for the
 * recipients of an event applies the same rule.
 */
export function crosses(rise: { previousValue: number; value: number }, threshold: number): boolean {
  return rise.previousValue <= threshold && threshold < rise.value;
}
