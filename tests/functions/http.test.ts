import { expect, test } from '@jest/globals';
import { problemResponse, withSafeHeaders } from '../../functions/http.ts';
import { refusal } from '../../shared/problem.ts';

test.each([
  ['an answer', { jsonBody: {}, headers: { location: '/here' } }, { location: '/here' }],
  ['a refusal', problemResponse(refusal('event-unknown', 'No.')), { 'content-type': 'application/problem+json' }],
])('%s is kept by no cache, and taken for nothing else than it says', (_, answer, headers) => {
  const safe = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
  expect(withSafeHeaders(answer)).toEqual({ ...answer, headers: { ...headers, ...safe } });
});
