import type { AnswerExcerpt } from '../outgoing/answer-excerpt.ts';

/** The flow's response to the last failed attempt, as it is stored in the delivery record. */
export interface FailedAnswer extends AnswerExcerpt {
  /** The number of the attempt. */
  readonly attempt: number;
  readonly status: number;
}

/** A string column holds at most 32,000 characters. */
const MAX_CHARACTERS = 32_000;

/**
 * Formats a response for storage. A response that is too long is stored without headers and body,
 * and marked as `cut`.
 */
export function answerColumn(answer: FailedAnswer | undefined): string | undefined {
  if (answer === undefined) return undefined;
  const text = JSON.stringify(answer);
  return text.length <= MAX_CHARACTERS ? text : JSON.stringify({ ...answer, headers: {}, body: '', cut: true });
}

/** Parses a stored response. Rows that earlier versions wrote do not have the column. */
export function answerOfColumn(column: unknown): FailedAnswer | undefined {
  return typeof column === 'string' ? (JSON.parse(column) as FailedAnswer) : undefined;
}
