import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { handleAdminRequest } from './admin-routes.ts';
import type { RunManually } from './admin-routes.ts';
import { describeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';
import { sendResponse, toHostResponse } from './http-response.ts';
import type { HostResponse } from './http-response.ts';
import { MAX_BODY_BYTES, declaredLength, foldHeaders, readBody, toRequestData } from './http-request.ts';
import type { HostFunction, HttpFunction } from './index-functions.ts';
import type { Invoke } from './invocation.ts';
import { accessLevel, mayUse } from './keys.ts';
import type { AccessLevel, HostKeys } from './keys.ts';
import { MAX_HEAD_BYTES, readMethod, refusedRequest } from './refused-request.ts';
import { readRequestTarget } from './request-target.ts';
import type { RequestTarget } from './request-target.ts';
import { matchRoute } from './route-template.ts';
import type { WorkInHand } from './work-in-hand.ts';

interface ServerDependencies {
  /** In the order in which their routes are tried. */
  readonly functions: readonly HostFunction[];
  /** When `undefined`, keys are not enforced. */
  readonly keys: HostKeys | undefined;
  readonly invoke: Invoke;
  readonly runManually: RunManually;
  readonly work: WorkInHand;
  readonly log: HostLog;
  readonly uptimeMs: () => number;
  /** Aborted when the host stops. Connections are then closed after their response. */
  readonly stopping: AbortSignal;
}

/**
 * Kestrel's default. Node's default of 5 s would close connections that clients are about to reuse.
 */
const KEEP_ALIVE_MS = 130_000;

const homePage = '<!doctype html><title>Functions</title><p>Your functions app is up and running.';

/** The HTTP server of the host, not yet listening. */
export function createHostServer(dependencies: ServerDependencies): Server {
  const { work, log, stopping } = dependencies;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const result = await handleRequest(dependencies, request);
      const last = stopping.aborted || declaredLength(request) > MAX_BODY_BYTES;
      await sendResponse(response, result, { last, isHead: request.method === 'HEAD' });
    } catch (error) {
      if (!request.errored) log('error', 'host', `A request broke the host: ${describeError(error)}`);
      response.destroy();
    }
  }

  // This host refuses a request with several Host headers or none itself, as the real host does.
  const options = { maxHeaderSize: MAX_HEAD_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false };
  const server = createServer(options, (request, response) => {
    void work.track(serve(request, response));
  });
  return server.on('clientError', (error: UnreadableRequest, socket: Socket) =>
    respondToUnreadable(server, error, socket),
  );
}

/** A request that Node's parser could not read, with the bytes that it had received. */
type UnreadableRequest = Error & { readonly code?: string; readonly rawPacket?: Buffer };

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_INVALID_METHOD: '404 Not Found',
};

/**
 * Node's parser accepts methods only in upper case. A request with a lower-case method is sent
 * again to this server in upper case.
 */
function respondToUnreadable(server: Server, { code = '', rawPacket }: UnreadableRequest, socket: Socket): void {
  if (!socket.writable) return;
  const [, method = '', rest = ''] = /^([A-Za-z]+)( [^]*)$/.exec(rawPacket?.toString('latin1') ?? '') ?? [];
  if (code !== 'HPE_INVALID_METHOD' || method === method.toUpperCase() || readMethod(method) === 'unknown') {
    socket.end(`HTTP/1.1 ${REFUSALS[code] ?? '400 Bad Request'}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    return;
  }
  const again = connect((server.address() as AddressInfo).port, '127.0.0.1');
  again.on('error', () => socket.destroy());
  socket.on('error', () => again.destroy());
  again.pipe(socket);
  again.write(`${method.toUpperCase()}${rest}`, 'latin1');
}

async function handleRequest(dependencies: ServerDependencies, request: IncomingMessage): Promise<HostResponse> {
  if (declaredLength(request) > MAX_BODY_BYTES) return { status: 500 };
  const refused = refusedRequest(request);
  if (refused) return refused;
  const method = request.method ?? 'GET';
  const target = readRequestTarget(request.url ?? '/');
  const level = accessLevel(dependencies.keys, presentedKey(request, target));
  const admin = await handleAdminRequest(dependencies, {
    method,
    path: target.path,
    level,
    contentType: request.headers['content-type'],
    readBody: () => readWhole(request),
  });
  if (admin) return admin;
  const match = findRoute(dependencies.functions, method, target.path);
  if (match) return callFunction(dependencies, { request, method, target, level, ...match });
  if (method === 'GET' && target.path === '/') {
    return { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from(homePage) };
  }
  return { status: 404 };
}

/**
 * The first function whose route and method match. When only the method differs, the route does not
 * match either, so the response is 404.
 */
function findRoute(
  functions: readonly HostFunction[],
  method: string,
  path: string,
): { called: HttpFunction; params: Record<string, string> } | undefined {
  for (const called of functions) {
    if (called.kind !== 'http' || !called.methods.includes(method)) continue;
    const params = matchRoute(called.route, path);
    if (params) return { called, params };
  }
  return undefined;
}

async function callFunction(
  { invoke, log }: ServerDependencies,
  found: {
    request: IncomingMessage;
    method: string;
    target: RequestTarget;
    level: AccessLevel;
    called: HttpFunction;
    params: Record<string, string>;
  },
): Promise<HostResponse> {
  const { request, method, target, level, called, params } = found;
  if (!mayUse(level, called.authLevel)) return { status: 401 };
  if (called.disabled && level !== 'admin') return { status: 404 };
  const headers = foldHeaders(request);
  if (!headers) return { status: 400 };
  const body = await readBody(request);
  const http = toRequestData({ method, target, headers, params, body });
  const outcome = await invoke(called, { reason: `${method} ${target.path}`, input: { http } });
  if (outcome.kind === 'failed') return { status: 500 };
  const sendable = toHostResponse(outcome.value);
  if (sendable.kind === 'response') return sendable.response;
  log('error', called.name, `The response cannot be sent: ${sendable.reason}.`);
  return { status: 500 };
}

/**
 * The first of several keys, as the real host does (azure-functions-host,
 * `GetAuthorizationKeyInfoAsync`).
 */
function presentedKey(request: IncomingMessage, { search }: RequestTarget): string | undefined {
  const header = request.headersDistinct['x-functions-key']?.[0];
  if (header !== undefined) return header;
  return [...new URLSearchParams(search)].find(([name]) => name.toUpperCase() === 'CODE')?.[1];
}

/** The body of an admin request may be chunked, unlike that of a function request. */
async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
