import type { AnswerExcerpt } from '../outgoing/answer-excerpt.ts';

/** What the flow answered to the last attempt that failed, as it is kept with the delivery record. */
export interface FailedAnswer extends AnswerExcerpt {
  /** The number of the attempt. */
  readonly attempt: number;
  readonly status: number;
}

/** A stored string holds 32,000 characters. */
const MOST_CHARACTERS = 32_000;

/** As it is stored: rows of before have none, and what does not fit loses its body. */
export function answerColumn(answer: FailedAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const text = JSON.stringify(answer);
  return text.length <= MOST_CHARACTERS ? text : JSON.stringify({ ...answer, headers: {}, body: '', cut: true });
}

export function answerOfColumn(column: unknown): FailedAnswer | undefined {
  return typeof column === 'string' ? (JSON.parse(column) as FailedAnswer) : undefined;
}
