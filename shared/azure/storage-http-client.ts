import { RestError } from '@azure/data-tables';
import { EnvHttpProxyAgent, type Dispatcher } from 'undici';
import { httpHeaders } from './http-headers.ts';
import type { HttpClient, PipelineRequest, PipelineResponse } from './pipeline.ts';
import { proxySetting, type Environment } from './proxy-setting.ts';

/** Storage closes a connection after some minutes without a request. This side closes first. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Sends the requests of the SDK with undici, because the SDK's own client, over `node:http`, takes
 * more processor time. Sends only bodies that are strings, which is what tables need, and reads
 * every response as text. The signal of a request is its only time limit. Goes through the proxy
 * of `proxySetting`. Rejects with what the SDK expects: a `RestError` whose code its retries know,
 * or an `AbortError`.
 */
export function storageHttpClient(environment?: Environment): HttpClient {
  const agent = new EnvHttpProxyAgent({
    ...proxySetting(environment),
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { sendRequest: (request) => send(agent, request) };
}

function send(agent: Dispatcher, request: PipelineRequest): Promise<PipelineResponse> {
  return new Promise((resolve, reject) => {
    const { body = null, abortSignal: signal } = request;
    const { origin, protocol, pathname, search } = new URL(request.url);
    if (protocol !== 'https:' && request.allowInsecureConnection !== true)
      throw new Error('a request to storage must use https');
    if (body !== null && typeof body !== 'string') throw new TypeError('the body of a request is not a string');

    let controller: Dispatcher.DispatchController | undefined;
    const abort = (): void => {
      const error = new DOMException('the request was aborted', 'AbortError');
      reject(error);
      controller?.abort(error);
    };
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort);

    let head: Pick<PipelineResponse, 'status' | 'headers'> | undefined;
    const parts: Buffer[] = [];
    agent.dispatch(
      { origin, path: pathname + search, method: request.method, headers: request.headers.toJSON(), body },
      {
        onRequestStart: (started) => {
          controller = started;
          // The signal was aborted while the request waited for a connection. Nothing is sent.
          if (signal?.aborted) abort();
        },
        onResponseStart: (_, status, headers) => {
          // 1xx responses are not final.
          if (status >= 200) head = { status, headers: httpHeaders(headers) };
        },
        onResponseData: (_, part) => void parts.push(part),
        onResponseEnd: () => {
          signal?.removeEventListener('abort', abort);
          if (head) resolve({ ...head, request, bodyAsText: Buffer.concat(parts).toString() });
          else reject(new RestError('a response without headers', { request }));
        },
        onResponseError: (_, error) => {
          signal?.removeEventListener('abort', abort);
          reject(new RestError(error.message, { code: codeOf(error), request }));
        },
      },
    );
  });
}

/** Codes of undici for a broken connection, and the codes after which the SDK repeats a request. */
const SYSTEM_CODES: Readonly<Partial<Record<string, string>>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  // A proxy refused the tunnel. A request that this side aborted has already been rejected.
  UND_ERR_ABORTED: 'ECONNRESET',
};

function codeOf(error: Error): string {
  const { code = RestError.REQUEST_SEND_ERROR } = error as { readonly code?: string };
  return SYSTEM_CODES[code] ?? code;
}
