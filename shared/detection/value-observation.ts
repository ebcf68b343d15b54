/** A finished evaluation of a segment or measure, from the list or from the history. */
export interface Evaluation {
  readonly evaluatedAtMs: number;
  readonly value: number;
}

/** The stored state of a segment or measure between two polls. */
export interface ValueState {
  /** The number of observations so far, including the baseline. */
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

export interface ObserveResult {
  readonly state: ValueState;
  readonly rises: readonly Rise[];
  /** More evaluations are left. Call again with the new state. */
  readonly hasMore: boolean;
}

/**
 * Takes the new evaluations as observations, in order of their instants. An evaluation is
 * identified by its instant alone, so an evaluation that is seen again changes nothing. The first
 * observation is a baseline. It is the newest evaluation, and earlier ones fire nothing. For a
 * subject that had no evaluation when it was last read (`wasEmpty`), it is the oldest one.
 *
 * Stops after `maxRises`, so that state and events of one step fit into one transaction.
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

/**
 * Sorts evaluations by instant and keeps each instant once. The first entry with an instant counts.
 */
export function inOrder<T extends { readonly evaluatedAtMs: number }>(evaluations: readonly T[]): T[] {
  const byInstant = new Map<number, T>();
  for (const evaluation of evaluations) {
    if (!byInstant.has(evaluation.evaluatedAtMs)) byInstant.set(evaluation.evaluatedAtMs, evaluation);
  }
  return [...byInstant.values()].sort((a, b) => a.evaluatedAtMs - b.evaluatedAtMs);
}

/**
 * Whether a rise crosses a threshold: an edge, strictly above. The index of subscriptions applies
 * the same rule as a key range.
 */
export function crosses(rise: { previousValue: number; value: number }, threshold: number): boolean {
  return rise.previousValue <= threshold && threshold < rise.value;
}
