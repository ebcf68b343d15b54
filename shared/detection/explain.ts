import { shownNumber } from '../shown-number.ts';
import { unreachable } from '../unreachable.ts';
import { crosses, inOrder, observe, type Evaluation, type ValueState } from './value-observation.ts';

/** An evaluation that ended without a value. It is no observation: the value before it stays. */
export interface FailedEvaluation {
  readonly evaluatedAtMs: number;
  /** What Customer Insights says went wrong. */
  readonly failure: string;
  /** What is wrong with it, when it is not that it failed. */
  readonly fault?: string;
}

/** One entry of the history of a segment or measure, in whatever order. */
export type HistoryEntry = Evaluation | FailedEvaluation;

/**
 * What one evaluation means for a threshold. `first`: there is none before it to compare with. `crossed`: the only one that fires.
 * `fell`: to the threshold or below, so that the next rise can cross it again. `failed`: no value, nothing changes.
 */
export type Outcome = 'first' | 'crossed' | 'stayed-above' | 'fell' | 'stayed-below' | 'failed';

/** One evaluation with what it means, as data and as a sentence for people. */
export interface Explanation {
  readonly evaluatedAtMs: number;
  /** Absent when the evaluation failed. */
  readonly value?: number;
  /** The value before, when there is one. */
  readonly previousValue?: number;
  readonly outcome: Outcome;
  /** Such as `120 → 90: fell, re-armed`. */
  readonly sentence: string;
}

/**
 * Walks a history with the code that detects, and says of each evaluation why a threshold was crossed or not. Oldest first, each
 * instant once. Pure.
 */
export function explain(history: readonly HistoryEntry[], threshold: number): Explanation[] {
  let state: ValueState = { sequence: 0, last: undefined };
  const failures = history.filter((entry) => 'failure' in entry);
  const values = history.filter((entry) => 'value' in entry);
  // A value beside a failure of the same instant is the result of that evaluation.
  return inOrder([...values, ...failures]).map((entry) => {
    const previous = state.last;
    if ('failure' in entry) return failed(entry, previous);
    const observed = observe(state, [entry], 1);
    state = observed.state;
    const { evaluatedAtMs, value } = entry;
    const outcome = outcomeOf(previous, value, threshold, observed.rises[0]);
    const sentence = sentenceOf(outcome, previous?.value ?? value, value, threshold);
    return { evaluatedAtMs, value, ...(previous && { previousValue: previous.value }), outcome, sentence };
  });
}

type ValueOutcome = Exclude<Outcome, 'failed'>;

function outcomeOf(
  previous: Evaluation | undefined,
  value: number,
  threshold: number,
  rise: { previousValue: number; value: number } | undefined,
): ValueOutcome {
  if (previous === undefined) return 'first';
  if (rise && crosses(rise, threshold)) return 'crossed';
  if (value > threshold) return 'stayed-above';
  return previous.value > threshold ? 'fell' : 'stayed-below';
}

function sentenceOf(outcome: ValueOutcome, previous: number, value: number, threshold: number): string {
  const [from, to, limit] = [previous, value, threshold].map(shownNumber) as [string, string, string];
  const step = `${from} → ${to}`;
  switch (outcome) {
    case 'first':
      return `${to}: the first value, nothing before it to compare with`;
    case 'crossed':
      return `${step}: crossed ${limit}`;
    case 'stayed-above':
      return previous === value ? `${to} stayed above ${limit}` : `${step}: stayed above ${limit}`;
    case 'fell':
      return `${step}: fell, re-armed`;
    case 'stayed-below':
      if (previous === value) return `${to} unchanged, not above ${limit}`;
      return `${step}: ${value > previous ? 'rose' : 'fell'}, not above ${limit}`;
    default:
      return unreachable(outcome);
  }
}

function failed({ evaluatedAtMs, failure, fault }: FailedEvaluation, previous: Evaluation | undefined): Explanation {
  const kept = previous === undefined ? 'no value before it' : `kept ${shownNumber(previous.value)}`;
  const sentence = `${fault ?? 'evaluation failed'}, ${kept}${failure === '' ? '' : ` (${failure})`}`;
  return { evaluatedAtMs, ...(previous && { previousValue: previous.value }), outcome: 'failed', sentence };
}
