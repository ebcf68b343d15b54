import type { JSX } from 'preact';
import type { ObservationResponse } from '../../shared/operations/operator-responses.ts';

type Outcome = ObservationResponse['outcome'];

/** Marks drawn relative to the threshold, which is the line in the middle. */
const drawings: Readonly<Record<Outcome, JSX.Element>> = {
  unknown: <circle cx="8" cy="8" r="2.6" />,
  first: <circle cx="8" cy="8" r="2.6" />,
  crossed: <path d="M8 1.2 12.6 7H9.4v7.4H6.6V7H3.4z" />,
  'stayed-above': <circle cx="8" cy="3.6" r="2.6" />,
  fell: <path d="M8 14.8 12.2 9.4H9.2V2.4H6.8v7H3.8z" />,
  'stayed-below': <circle cx="8" cy="12.4" r="2.6" />,
  'not-awaited': <circle cx="8" cy="8" r="2.6" />,
  failed: <path d="M4.6 3.2 8 6.6l3.4-3.4 1.4 1.4L9.4 8l3.4 3.4-1.4 1.4L8 9.4l-3.4 3.4-1.4-1.4L6.6 8 3.2 4.6z" />,
};

/** Marks of outcomes without a threshold. */
const alone: readonly Outcome[] = ['failed', 'first', 'unknown', 'not-awaited'];

/** A mark for the outcome of an evaluation. The sentence beside it says the same. */
export function OutcomeMark({ outcome }: { readonly outcome: Outcome }): JSX.Element {
  return (
    <svg class={`outcome ${outcome}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {!alone.includes(outcome) && <path class="threshold" d="M0 8h16" />}
      {drawings[outcome]}
    </svg>
  );
}
