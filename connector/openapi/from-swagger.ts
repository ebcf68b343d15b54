import type { BodyParameter, Operation, PlainParameter, Response } from '../document/swagger-document.ts';
import {
  jsonContent,
  type OpenApiOperation,
  type OpenApiParameter,
  type OpenApiResponse,
  type Reference,
} from './open-api-document.ts';
import { refusalReference, refusals } from './problem-responses.ts';

/**
 * The start of the next page. The connector does not declare this parameter, because it only
 * follows `nextLink`.
 */
export const nextInQuery: OpenApiParameter = {
  name: 'next',
  in: 'query',
  description: 'The start of the page, taken unchanged from a nextLink.',
  schema: { type: 'string' },
};

/**
 * Converts an operation of the connector to OpenAPI 3.1, with the same parameters, bodies and
 * responses. Extensions for designers are removed. The bodies of refusals and the refusal of
 * unknown properties are added, because Swagger for connectors cannot express them.
 */
export function fromSwagger(operation: Operation, tag: string): OpenApiOperation {
  const { operationId, summary, description, deprecated, parameters = [], responses } = operation;
  const body = parameters.find((parameter): parameter is BodyParameter => parameter.in === 'body');
  const plain = parameters.filter((parameter): parameter is PlainParameter => parameter.in !== 'body');
  const converted = plain.map(parameterFrom);
  const isPaged =
    converted.some(({ name }) => name === 'top') && operation['x-ms-pageable']?.nextLinkName !== undefined;
  const hasNext = isPaged && !converted.some(({ name }) => name === 'skip');
  const all = hasNext ? [...converted, nextInQuery] : converted;
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    ...(deprecated !== undefined && { deprecated }),
    ...(all.length > 0 && { parameters: all }),
    ...(body && { requestBody: bodyFrom(body) }),
    responses: {
      ...Object.fromEntries(Object.entries(responses).map(([status, response]) => responseFrom(status, response))),
      ...(body && refusals([411, 413])),
    },
  };
}

function parameterFrom({ name, in: where, required, description, ...rest }: PlainParameter): OpenApiParameter {
  return {
    name,
    in: where,
    ...(required && { required }),
    description,
    schema: withoutHints(rest) as object,
  };
}

/**
 * Adds that unknown properties are refused. An item of an entity is an exception, because its
 * properties are not known here.
 */
function bodyFrom({ description, schema }: BodyParameter): NonNullable<OpenApiOperation['requestBody']> {
  const closed = schema.properties === undefined ? {} : { additionalProperties: false };
  return {
    required: true,
    ...(description !== undefined && { description }),
    content: jsonContent({ ...(withoutHints(schema) as object), ...closed }),
  };
}

function responseFrom(status: string, response: Response): [string, OpenApiResponse | Reference] {
  const { description, schema, headers = {} } = response;
  if (Number(status) >= 400) return [status, refusalReference(status, description)];
  const described = Object.entries(headers).map(([name, { type, description: said }]) => {
    return [name, { description: said, schema: { type } }] as const;
  });
  return [
    status,
    {
      description,
      ...(described.length > 0 && { headers: Object.fromEntries(described) }),
      ...(schema && { content: jsonContent(withoutHints(schema) as object) }),
    },
  ];
}

/** A schema without the `x-ms-` properties, which are for designers. */
export function withoutHints(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHints);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !name.startsWith('x-ms-'))
      .map(([name, each]) => [name, withoutHints(each)]),
  );
}
