import { problems } from '../../shared/problem.ts';
import type { OpenApiResponse, Reference } from './open-api-document.ts';

/** The default description of each status. */
const descriptions: Readonly<Record<number, string>> = {
  400: 'The request is not valid: the answer says what is wrong with it.',
  401: 'The caller is not authenticated. Where the platform refuses a key, the answer has no body.',
  403: 'The caller is not allowed to do this.',
  404: 'What the request names does not exist.',
  409: 'Something that exists already stands against it: the answer says what.',
  411: 'The body came in chunks: send it in one piece, with a Content-Length header.',
  413: 'The body is larger than 64 KiB.',
  422: 'What the request names is not of a kind that this works for: the answer says why.',
  429: 'Too many calls: try again after the time in the Retry-After header.',
  503: 'Customer Insights or the storage of the service cannot be reached at the moment.',
};

/** The body of every refusal (RFC 9457), with all codes. */
export const problemSchema = {
  type: 'object',
  title: 'Problem',
  description: 'Why a request was refused (RFC 9457).',
  properties: {
    type: { type: 'string', description: 'Always about:blank. The property code identifies the problem.' },
    title: { type: 'string', description: 'The code in words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    code: { type: 'string', enum: Object.keys(problems), description: 'Stable, for programs.' },
    detail: { type: 'string', description: 'A sentence for people.' },
    errors: {
      type: 'array',
      description: 'The errors in the body.',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'The position in the body (RFC 6901).' },
          message: { type: 'string', description: 'A message that describes the error.' },
        },
        required: ['pointer', 'message'],
      },
    },
    parameter: { type: 'string', description: 'The query parameter that is not valid, by its name in the address.' },
  },
  required: ['type', 'title', 'status', 'code', 'detail'],
};

/** One response for each status of a refusal, with its possible codes. */
export function problemResponses(): Record<string, OpenApiResponse> {
  const statuses = [...new Set(Object.values(problems).map(({ status }) => status))].sort((one, other) => one - other);
  return Object.fromEntries(statuses.map((status) => [`Problem${status}`, problemResponse(status)]));
}

function problemResponse(status: number): OpenApiResponse {
  const description = descriptions[status];
  if (description === undefined) throw new Error(`nothing says what a refusal with ${status} means`);
  const codes = Object.entries(problems).flatMap(([code, problem]) => (problem.status === status ? [code] : []));
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { status: { const: status }, code: { enum: codes } },
  };
  const mayRetry = status === 429 || status === 503;
  return {
    description,
    ...(mayRetry && {
      headers: {
        'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer', minimum: 1 } },
      },
    }),
    content: { 'application/problem+json': { schema } },
  };
}

/** A reference to the refusal with this status. `description` replaces the default one. */
export function refusalReference(status: number | string, description?: string): Reference {
  const $ref = `#/components/responses/Problem${status}`;
  const isOwn = description !== undefined && description !== descriptions[Number(status)];
  return isOwn ? { $ref, description } : { $ref };
}

/** References to refusals, by status. */
export function refusals(statuses: readonly number[]): Record<string, Reference> {
  return Object.fromEntries(statuses.map((status) => [status, refusalReference(status)]));
}
