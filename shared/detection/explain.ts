import { shownNumber } from '../shown-number.ts';
import { unreachable } from '../unreachable.ts';
import { crosses, inOrder, observe, type Evaluation, type ValueState } from './value-observation.ts';

/**
 * An evaluation (a computation of the value by Customer Insights) that ended without a value. It is
 * not an observation, so the next value is compared with the value before the failure.
 */
export interface FailedEvaluation {
  readonly evaluatedAtMs: number;
  /** The error message of Customer Insights. Absent when there is none. */
  readonly failure: string | undefined;
  /**
   * Why an evaluation that did not fail is ignored: it has an implausible instant or an unknown
   * status.
   */
  readonly fault?: string;
}

/** One entry in the history of a segment or measure. A history may be in any order. */
export type HistoryEntry = Evaluation | FailedEvaluation;

/**
 * The effect of one evaluation on a threshold.
 * - `first`: no earlier value exists for comparison.
 * - `crossed`: the value rose above the threshold. Only this outcome fires.
 * - `fell`: the value fell to the threshold or below, so the next rise can cross it again.
 * - `failed`: the evaluation has no value and changes nothing.
 */
export type Outcome = 'first' | 'crossed' | 'stayed-above' | 'fell' | 'stayed-below' | 'failed';

/** One evaluation and its outcome, as data and as a sentence for people. */
export interface Explanation {
  readonly evaluatedAtMs: number;
  /** Absent when the evaluation failed. */
  readonly value?: number;
  /** Absent when no earlier value exists. */
  readonly previousValue?: number;
  readonly outcome: Outcome;
  /** Such as `120 → 90: fell, re-armed`. */
  readonly sentence: string;
}

/**
 * Runs the detection code over a history and explains for each evaluation whether it crossed the
 * threshold, and why. The result starts with the oldest evaluation and has one entry per instant.
 * Pure.
 */
export function explain(history: readonly HistoryEntry[], threshold: number): Explanation[] {
  let state: ValueState = { sequence: 0, last: undefined };
  const failures = history.filter((entry) => 'failure' in entry);
  const values = history.filter((entry) => 'value' in entry);
  // A value and a failure at the same instant belong to one evaluation. Its result is the value,
  // which comes first here, because `inOrder` keeps the first entry of an instant.
  return inOrder([...values, ...failures]).map((entry) => {
    const previous = state.last;
    if ('failure' in entry) return explainFailure(entry, previous);
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

function explainFailure(
  { evaluatedAtMs, failure, fault }: FailedEvaluation,
  previous: Evaluation | undefined,
): Explanation {
  const kept = previous === undefined ? 'no value before it' : `kept ${shownNumber(previous.value)}`;
  const sentence = `${fault ?? 'evaluation failed'}, ${kept}${failure === undefined ? '' : ` (${failure})`}`;
  return { evaluatedAtMs, ...(previous && { previousValue: previous.value }), outcome: 'failed', sentence };
}
