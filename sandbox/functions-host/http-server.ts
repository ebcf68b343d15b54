import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { answerAdmin } from './admin-routes.ts';
import type { RunByHand } from './admin-routes.ts';
import { describeError } from './host-log.ts';
import type { HostLog } from './host-log.ts';
import { sendAnswer, toAnswer } from './http-answer.ts';
import type { HttpAnswer } from './http-answer.ts';
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
  /** Undefined: keys are not enforced. */
  readonly keys: HostKeys | undefined;
  readonly invoke: Invoke;
  readonly runByHand: RunByHand;
  readonly work: WorkInHand;
  readonly log: HostLog;
  readonly uptimeMs: () => number;
  /** Aborted when the host stops: connections are then closed after their answer. */
  readonly stopping: AbortSignal;
}

/** Kestrel's default. Node's 5 s would close connections under the feet of clients that keep them. */
const KEEP_ALIVE_MS = 130_000;

const homePage = '<!doctype html><title>Functions</title><p>Your functions app is up and running.';

/** The HTTP side of the host, not yet listening. */
export function createHostServer(dependencies: ServerDependencies): Server {
  const { work, log, stopping } = dependencies;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await answerRequest(dependencies, request);
      const last = stopping.aborted || declaredLength(request) > MAX_BODY_BYTES;
      await sendAnswer(response, answer, { last, isHead: request.method === 'HEAD' });
    } catch (error) {
      if (!request.errored) log('error', 'host', `A request broke the host: ${describeError(error)}`);
      response.destroy();
    }
  }

  // A request of two hosts or of none is refused here, as the real host does it.
  const options = { maxHeaderSize: MAX_HEAD_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requireHostHeader: false };
  const server = createServer(options, (request, response) => {
    void work.track(serve(request, response));
  });
  return server.on('clientError', (error: UnreadableRequest, socket: Socket) =>
    answerUnreadable(server, error, socket),
  );
}

/** What Node's parser made nothing of, and what it had of it. */
type UnreadableRequest = Error & { readonly code?: string; readonly rawPacket?: Buffer };

const REFUSALS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_INVALID_METHOD: '404 Not Found',
};

/** Node's parser knows methods in upper case alone: one in lower case is sent again, to this very server. */
function answerUnreadable(server: Server, { code = '', rawPacket }: UnreadableRequest, socket: Socket): void {
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

async function answerRequest(dependencies: ServerDependencies, request: IncomingMessage): Promise<HttpAnswer> {
  if (declaredLength(request) > MAX_BODY_BYTES) return { status: 500 };
  const refused = refusedRequest(request);
  if (refused) return refused;
  const method = request.method ?? 'GET';
  const target = readRequestTarget(request.url ?? '/');
  const level = accessLevel(dependencies.keys, presentedKey(request, target));
  const admin = await answerAdmin(dependencies, {
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

/** The first function whose route and method match. A method that does not fit is a route that does not match: 404. */
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
): Promise<HttpAnswer> {
  const { request, method, target, level, called, params } = found;
  if (!mayUse(level, called.authLevel)) return { status: 401 };
  if (called.disabled && level !== 'admin') return { status: 404 };
  const headers = foldHeaders(request);
  if (!headers) return { status: 400 };
  const body = await readBody(request);
  const http = toRequestData({ method, target, headers, params, body });
  const outcome = await invoke(called, { reason: `${method} ${target.path}`, input: { http } });
  if (outcome.kind === 'failed') return { status: 500 };
  const sendable = toAnswer(outcome.value);
  if (sendable.kind === 'answer') return sendable.answer;
  log('error', called.name, `The answer cannot be sent: ${sendable.reason}.`);
  return { status: 500 };
}

/** Of several keys the first, as the real host has it (azure-functions-host, `GetAuthorizationKeyInfoAsync`). */
function presentedKey(request: IncomingMessage, { search }: RequestTarget): string | undefined {
  const header = request.headersDistinct['x-functions-key']?.[0];
  if (header !== undefined) return header;
  return [...new URLSearchParams(search)].find(([name]) => name.toUpperCase() === 'CODE')?.[1];
}

/** Unlike a function's, the body of an admin request may be chunked. */
async function readWhole(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
