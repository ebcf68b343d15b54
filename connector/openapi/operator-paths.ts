import {
  jsonContent,
  type OpenApiOperation,
  type OpenApiParameter,
  type OpenApiPathItem,
  type OpenApiResponse,
} from './open-api-document.ts';
import { operatorOperations, type OperatorOperation } from './operator-operations.ts';
import { refusalReference, refusals } from './problem-responses.ts';

/** The paths of the operator API. The dashboard uses the same response types. */
export function operatorPaths(): Record<string, OpenApiPathItem> {
  const paths: Record<string, OpenApiPathItem> = {};
  for (const [methodAndPath, operation] of Object.entries(operatorOperations)) {
    const [method = '', below = ''] = methodAndPath.split(' ');
    const path = `/manage/${below}`;
    paths[path] = { ...paths[path], [method]: described(path, method, operation) };
  }
  return paths;
}

function described(path: string, method: string, operation: OperatorOperation): OpenApiOperation {
  const { id, summary, query = [], body, status = 200, refused = [] } = operation;
  const parameters = [...inPath(path), ...query];
  const success: OpenApiResponse = {
    description:
      status === 202 ? 'The action was accepted.' : status === 204 ? 'The action is complete.' : 'The response.',
    ...(operation.answer && { content: jsonContent(opened(operation.answer)) }),
  };
  return {
    operationId: id,
    summary,
    tags: ['operators'],
    security: [{ operatorKey: [] }, { entraId: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: jsonContent(body) } }),
    responses: {
      [status]: success,
      ...(operation.counted && {
        200: { description: 'The counts. Nothing was started.', content: jsonContent(opened(operation.counted)) },
      }),
      ...refusals([400, 401, 429, 503, ...refused, ...(body ? [411, 413] : [])]),
      403: refusalReference(
        403,
        `There are no operator keys, the role Operator is missing${method === 'get' ? '' : ', the key or role may only read, a page of another site makes the call'}, or the instance may not be used.`,
      ),
    },
  };
}

function inPath(path: string): OpenApiParameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const description = name === 'queue' ? 'The name of a work queue, as listed.' : 'The id, as listed.';
    return { name, in: 'path', required: true, description, schema: { type: 'string' } };
  });
}

/** Allows further properties in responses, because a later version may add some. */
function opened(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (name: string, value: unknown) =>
    name === 'additionalProperties' && value === false ? undefined : value,
  ) as object;
}
