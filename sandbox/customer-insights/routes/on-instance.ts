import { errorResponse } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { ApiRequest, Route } from '../http/router.ts';
import type { Instance } from '../state/instance.ts';
import type { SandboxModel } from '../model.ts';

/**
 * Creates routes below `/v1/instances/{instanceId}`. For an unknown instance they respond with 404
 * in the path's error shape.
 */
export function instanceRoutes(model: SandboxModel) {
  return (
    method: string,
    path: string,
    answer: (instance: Instance, request: ApiRequest) => SandboxResponse,
  ): Route => ({
    method,
    path: `/v1/instances/{instanceId}${path}`,
    answer: (request) => {
      const instanceId = request.param('instanceId').toLowerCase();
      const instance = model.instances.find(({ metadata }) => metadata.instanceId === instanceId);
      return instance === undefined
        ? notFound(request, 'dataSourceInstanceNotFound', `There is no instance ${instanceId}.`)
        : answer(instance, request);
    },
  });
}

/** A 404 response in the path's error shape. */
export function notFound({ url }: ApiRequest, errorCode: string, message: string): SandboxResponse {
  return errorResponse(url.pathname, { status: 404, errorCode, message });
}

/** Whether a query flag is set. .NET clients write `True`. */
export function flag(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true';
}

/** A number in the query, `otherwise` when the number is missing or is not a count. */
export function countIn(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name);
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
