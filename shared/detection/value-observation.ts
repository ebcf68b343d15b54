/** A finished evaluation of a segment or measure, whatever it was found in. */
export interface Evaluation {
  readonly evaluatedAtMs: number;
  readonly value: number;
}

/** What is remembered of a segment or measure between two looks. */
export interface ValueState {
  /** Observations taken so far, the baseline included. */
  readonly sequence: number;
  /** The last observation; absent until there is a first one. */
  readonly last: Evaluation | undefined;
}

/** Two successive observations of which the second is higher: it crossed every threshold from `previousValue` up to below `value`. */
export interface Rise {
  readonly sequence: number;
  readonly previousValue: number;
  readonly value: number;
  readonly evaluatedAtMs: number;
}

export interface Observed {
  readonly state: ValueState;
  readonly rises: readonly Rise[];
  /** There are further evaluations to observe: call again with the new state. */
  readonly more: boolean;
}

/**
 * Takes the evaluations that are new, in order of their instant, as observations. Evaluations are known by their instant alone, so
 * seeing one again, or in another split, changes nothing. The first observation ever is a baseline: the newest evaluation, what
 * came before it is nobody's; or, of a subject that had none when it was last looked at (`wasEmpty`), the oldest.
 *
 * Stops after `maxRises`, so that state and events of one step fit into one transaction.
 */
export function observe(
  state: ValueState,
  evaluations: readonly Evaluation[],
  maxRises: number,
  wasEmpty = false,
): Observed {
  const ordered = inOrder(evaluations);
  const baseline = state.last ?? (wasEmpty ? ordered[0] : ordered.at(-1));
  if (baseline === undefined) return { state, rises: [], more: false };
  let last = baseline;
  let sequence = state.last === undefined ? state.sequence + 1 : state.sequence;
  const rises: Rise[] = [];
  for (const evaluation of ordered) {
    if (evaluation.evaluatedAtMs <= last.evaluatedAtMs) continue;
    if (rises.length === maxRises) return { state: { sequence, last }, rises, more: true };
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
  return { state: { sequence, last }, rises, more: false };
}

/** In the order of their instants, each instant once: the first that tells of it counts. */
export function inOrder<T extends { readonly evaluatedAtMs: number }>(evaluations: readonly T[]): T[] {
  const byInstant = new Map<number, T>();
  for (const evaluation of evaluations) {
    if (!byInstant.has(evaluation.evaluatedAtMs)) byInstant.set(evaluation.evaluatedAtMs, evaluation);
  }
  return [...byInstant.values()].sort((a, b) => a.evaluatedAtMs - b.evaluatedAtMs);
}

/** Whether a rise crosses a threshold: an edge, strictly above. The index of subscriptions answers the same question by range. */
export function crosses(rise: { previousValue: number; value: number }, threshold: number): boolean {
  return rise.previousValue <= threshold && threshold < rise.value;
}
