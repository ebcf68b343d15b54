import { json } from '../http/response.ts';
import type { SandboxResponse } from '../http/response.ts';
import type { JsonBody } from '../http/read-json.ts';
import { matchRoute } from '../http/router.ts';
import { RefusedError } from '../state/refused-error.ts';
import type { SandboxModel } from '../model.ts';
import { operations } from './control.ts';

const routes = Object.values(operations).map(({ method, path, invoke }) => ({
  method,
  path: `/control${path}`,
  invoke,
}));

/**
 * Responds to a control call: 200 with the result, 204 when there is none, otherwise
 * `{"error": "…"}`.
 */
export function handleControl(model: SandboxModel, method: string, pathname: string, body: JsonBody): SandboxResponse {
  const match = matchRoute(routes, method, pathname);
  if (match === undefined) return json(404, { error: `There is no control operation ${method} ${pathname}.` });
  const given = body.kind === 'read' ? (body.value ?? {}) : undefined;
  if (typeof given !== 'object' || Array.isArray(given)) {
    return json(400, { error: 'The body is not a JSON object.' });
  }
  try {
    const result = match.route.invoke(model, { ...given, ...match.params });
    return result === undefined ? { status: 204 } : json(200, result);
  } catch (error) {
    if (error instanceof RefusedError) return json(error.status, { error: error.message });
    throw error;
  }
}
