import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleControl } from '../control/handle-control.ts';
import { apiRoutes } from '../routes/api-routes.ts';
import type { SandboxModel } from '../model.ts';
import { errorResponse } from './response.ts';
import type { SandboxResponse } from './response.ts';
import { faultResponse, takeFault } from './faults.ts';
import { readJson } from './read-json.ts';
import type { JsonBody } from './read-json.ts';
import { render } from './render.ts';
import { matchRoute } from './router.ts';
import type { Route } from './router.ts';

export interface RunningServer {
  /** `http://host:port`. */
  readonly origin: string;
  /** Closes all connections, including hanging ones, and stops listening. */
  stop(): Promise<void>;
}

/** Serves the model over HTTP. Rejects when the port is in use. Port 0 is any free port. */
export async function startServer(
  model: SandboxModel,
  options: { host: string; port: number },
): Promise<RunningServer> {
  const routes = apiRoutes(model);
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    serve(model, routes, request, response, stopping.signal).catch((error: unknown) => {
      if (response.destroyed || response.headersSent) return;
      response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    origin: `http://${host}:${port}`,
    stop: () =>
      new Promise((resolve) => {
        stopping.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  model: SandboxModel,
  routes: readonly Route[],
  request: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const { method = 'GET' } = request;
  // Uses the host name that the caller sent, so that links lead back to this server.
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const body = await readJson(request);
  if (url.pathname.startsWith('/control/')) {
    send(model, response, handleControl(model, method, url.pathname, body));
    return;
  }
  const match = matchRoute(routes, method, url.pathname);
  const call = match === undefined ? 'unknown' : `${method} ${match.route.path}`;
  model.calls.set(call, (model.calls.get(call) ?? 0) + 1);
  const fault = takeFault(model.faults, method, url.pathname + url.search);
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'slow') await slowly(model, fault.delayMs, stopping);
  const answer =
    (fault && faultResponse(fault, url.pathname)) ??
    unauthorized(model, request, url) ??
    routed(match, request, url, body);
  send(model, response, answer);
}

/** Waits so long, or until the faults are cleared. Rejects when the server stops. */
async function slowly({ clock, cleared }: SandboxModel, delayMs: number, stopping: AbortSignal): Promise<void> {
  await clock.sleep(delayMs, AbortSignal.any([stopping, cleared.signal])).catch((error: unknown) => {
    if (stopping.aborted) throw error;
  });
}

function routed(
  match: ReturnType<typeof matchRoute<Route>>,
  { headers }: IncomingMessage,
  url: URL,
  body: JsonBody,
): SandboxResponse {
  if (match === undefined) {
    return errorResponse(url.pathname, {
      status: 404,
      errorCode: 'notFound',
      message: 'There is no operation at this address.',
    });
  }
  if (body.kind === 'unreadable') {
    return errorResponse(url.pathname, { status: 400, errorCode: 'badRequest', message: 'The body is not JSON.' });
  }
  const { route, params } = match;
  const param = (name: string): string => params[name] ?? '';
  return route.answer({ url, query: url.searchParams, headers, body: body.value, param });
}

/**
 * The address of a partition is signed, as blob URLs are, so a download needs no headers of the
 * API.
 */
function unauthorized(
  { requiredKey }: SandboxModel,
  { headers }: IncomingMessage,
  { pathname }: URL,
): SandboxResponse | undefined {
  if (requiredKey === undefined || !pathname.startsWith('/v1/')) return undefined;
  const bearer = /^Bearer \S+$/i.test(headers.authorization ?? '');
  if (bearer && headers['ocp-apim-subscription-key'] === requiredKey) return undefined;
  return { status: 401, headers: { 'www-authenticate': 'Bearer' } };
}

function send(model: SandboxModel, response: ServerResponse, answer: SandboxResponse): void {
  const shaped = 'shape' in answer;
  // With a newline, so that a terminal shows its prompt on a line of its own.
  const text = shaped ? `${JSON.stringify(render(answer.shape, model.behaviour))}\n` : (answer.text ?? '');
  response.writeHead(answer.status, {
    ...(shaped && { 'content-type': 'application/json; charset=utf-8' }),
    ...answer.headers,
    // A 204 response must have no content-length (RFC 9110 §8.6).
    ...(answer.status !== 204 && { 'content-length': Buffer.byteLength(text) }),
  });
  response.end(text);
}
