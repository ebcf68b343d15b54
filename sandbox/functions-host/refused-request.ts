import type { IncomingMessage } from 'node:http';
import type { HostResponse } from './http-response.ts';

/**
 * Kestrel's limits in bytes: of the request line with its line end, and of all headers with their
 * line ends.
 */
const MAX_REQUEST_LINE_BYTES = 8 * 1024;
const MAX_HEADERS_BYTES = 32 * 1024;
/**
 * The size at which Node refuses a request. It is a little larger than both limits together, so
 * that this host can report which limit was exceeded.
 */
export const MAX_HEAD_BYTES = MAX_REQUEST_LINE_BYTES + MAX_HEADERS_BYTES + 8 * 1024;

/**
 * The response to a request that the real host's web server refuses before routing. `undefined`
 * when the request is accepted.
 */
export function refusedRequest(request: IncomingMessage): HostResponse | undefined {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  if (`${method} ${url} HTTP/${httpVersion}\r\n`.length > MAX_REQUEST_LINE_BYTES) return { status: 414 };
  if (headerBytes(rawHeaders) > MAX_HEADERS_BYTES) return { status: 431 };
  const hosts = request.headersDistinct['host'] ?? [];
  if (!url.startsWith('/') || withoutQuery(url).includes('%00')) return { status: 400 };
  if (hosts.length > 1 || (hosts[0] !== undefined && !isHost(hosts[0]))) return { status: 400 };
  // Without a host the library cannot build the URL of the request.
  return hosts.length === 0 && httpVersion === '1.0' ? { status: 500 } : undefined;
}

/**
 * No route has a method that HTTP does not define. `get` is GET, because routes match in any letter
 * case.
 */
export function readMethod(method: string): 'unknown' | 'known' {
  return /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)$/i.test(method) ? 'known' : 'unknown';
}

function headerBytes(rawHeaders: readonly string[]): number {
  // Each header has a colon, a space and a line end.
  return rawHeaders.reduce((sum, text) => sum + text.length, 0) + 2 * rawHeaders.length;
}

function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function isHost(host: string): boolean {
  return host === '' || /^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]<>{}|^`"%]+)(:\d*)?$/i.test(host);
}
