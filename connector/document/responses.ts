import type { Response, Schema } from './swagger-document.ts';

/**
 * Descriptions of the backend's refusals by status. The `detail` of the `application/problem+json`
 * body explains each to a maker.
 */
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

/** Refusals that every operation may return if it needs a connection and counts as a call. */
const usual: readonly RefusalStatus[] = [400, 401, 429, 503];

/**
 * A success, the usual refusals, and additional ones. Only a success has a schema, because the
 * designer offers its properties as outputs.
 */
export function responses(
  success: Readonly<Record<number, Response>>,
  ...more: readonly RefusalStatus[]
): Record<string, Response> {
  return { ...success, ...refusing(...usual, ...more) };
}

/** Only refusals. An object orders integer keys, so the order of the arguments does not matter. */
export function refusing(...statuses: readonly RefusalStatus[]): Record<string, Response> {
  return Object.fromEntries(statuses.map((status) => [status, { description: refusals[status] }]));
}

export function ok(description: string, schema: Schema): Record<number, Response> {
  return { 200: { description, schema } };
}
