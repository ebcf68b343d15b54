import type { HttpResponseInit } from '@azure/functions';
import { expect, test } from '@jest/globals';
import { problemResponse, withSafeHeaders } from '../../functions/http.ts';
import { refusal } from '../../shared/problem.ts';

test.each([
  [
    'an answer',
    { jsonBody: {}, headers: { location: '/here' } },
    { location: '/here', 'content-type': 'application/json' },
  ],
  ['a refusal', problemResponse(refusal('event-unknown', 'No.')), { 'content-type': 'application/problem+json' }],
  ['an answer without a body', { status: 204 }, {}],
])(
  '%s is kept by no cache, taken for nothing else than it says, and ends its JSON in a newline',
  (_, { jsonBody: given, ...answer }: HttpResponseInit, headers) => {
    const jsonBody: unknown = given;
    const safe = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };
    expect(withSafeHeaders({ ...answer, ...(jsonBody !== undefined && { jsonBody }) })).toEqual({
      ...answer,
      headers: { ...headers, ...safe },
      ...(jsonBody !== undefined && { body: `${JSON.stringify(jsonBody)}\n` }),
    });
  },
);
