import type { Response, Schema } from './swagger-document.ts';

/** What the backend refuses with: the sentence for a maker is in `detail` of its `application/problem+json`. */
const refusals = {
  400: 'The request is not valid: the answer says what is wrong with it.',
  401: 'The caller is not authenticated: the key or the sign-in of the connection is missing or wrong.',
  403: 'The operator of the service does not allow this instance.',
  404: 'What the request names does not exist.',
  409: 'Something that exists already stands against it: the answer says what.',
  422: 'What the request names is not of a kind that this works for: the answer says why.',
  429: 'Too many calls: try again after the time in the Retry-After header.',
  503: 'Customer Insights or the storage of the service cannot be reached at the moment.',
} as const;

type RefusalStatus = keyof typeof refusals;

/** What every operation may answer that needs a connection and counts as a call. */
const usual: readonly RefusalStatus[] = [400, 401, 429, 503];

/** One success, the usual refusals, and those beside them. Only a success has a schema: the designer offers what it finds in it. */
export function responses(
  success: Readonly<Record<number, Response>>,
  ...more: readonly RefusalStatus[]
): Record<string, Response> {
  return { ...success, ...refusing(...usual, ...more) };
}

/** Refusals alone. An object lists whole numbers in ascending order, so the order of the arguments does not show. */
export function refusing(...statuses: readonly RefusalStatus[]): Record<string, Response> {
  return Object.fromEntries(statuses.map((status) => [status, { description: refusals[status] }]));
}

export function ok(description: string, schema: Schema): Record<number, Response> {
  return { 200: { description, schema } };
}
