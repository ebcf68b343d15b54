import { expect } from '@jest/globals';
import { problems, type ProblemCode } from '../../shared/problem.ts';
import { eventually } from '../sandbox/functions-host/start-app.ts';
import type { Answered } from './start-backend.ts';
import { requestRows } from './stored-rows.ts';

/**
 * All rows once the operator's webhook has had every notice, which removes the notice from its
 * subscription.
 */
function rowsAtRest(): ReturnType<typeof requestRows> {
  return eventually(requestRows, (rows) => rows.every(({ values }) => values['notices'] === undefined));
}

/**
 * That a call is refused as RFC 9457 has it, with a sentence for people, and stores nothing.
 * Resolves with the answer.
 */
export async function expectProblem(
  call: () => Promise<Answered>,
  status: number,
  code: ProblemCode,
): Promise<Answered> {
  const before = await rowsAtRest();
  const answer = await call();
  expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
  const { detail, errors: _, parameter: __, ...others } = answer.body as Record<string, unknown>;
  expect(others).toEqual({ type: 'about:blank', title: problems[code].title, status, code });
  expect(detail).toMatch(/^\w.+[.?]$/s);
  expect(await requestRows()).toEqual(before);
  return answer;
}
