import type { IncomingMessage } from 'node:http';
import type { HttpAnswer } from './http-answer.ts';

/** Kestrel's limits, in bytes: of the request line with its end, and of all headers with theirs. */
const MAX_REQUEST_LINE_BYTES = 8 * 1024;
const MAX_HEADERS_BYTES = 32 * 1024;
/** What node may read of both together before it refuses by itself; a little more, so that we say which of them it was. */
export const MAX_HEAD_BYTES = MAX_REQUEST_LINE_BYTES + MAX_HEADERS_BYTES + 8 * 1024;

/** What the real host's web server refuses before any function or route is asked; `undefined` when it takes the request. */
export function refusedRequest(request: IncomingMessage): HttpAnswer | undefined {
  const { method = '', url = '', httpVersion, rawHeaders } = request;
  if (`${method} ${url} HTTP/${httpVersion}\r\n`.length > MAX_REQUEST_LINE_BYTES) return { status: 414 };
  if (headerBytes(rawHeaders) > MAX_HEADERS_BYTES) return { status: 431 };
  const hosts = request.headersDistinct['host'] ?? [];
  if (!url.startsWith('/') || pathOf(url).includes('%00')) return { status: 400 };
  if (hosts.length > 1 || (hosts[0] !== undefined && !isHost(hosts[0]))) return { status: 400 };
  // Without a host the library cannot make a URL of the request.
  return hosts.length === 0 && httpVersion === '1.0' ? { status: 500 } : undefined;
}

/** A method that HTTP does not know is one that no route has. `get` is GET: routes are found without regard to case. */
export function readMethod(method: string): 'unknown' | 'known' {
  return /^(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH)$/i.test(method) ? 'known' : 'unknown';
}

function headerBytes(rawHeaders: readonly string[]): number {
  // Each pair has a colon, a space and an end of line.
  return rawHeaders.reduce((sum, text) => sum + text.length, 0) + 2 * rawHeaders.length;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function isHost(host: string): boolean {
  return host === '' || /^(\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]<>{}|^`"%]+)(:\d*)?$/i.test(host);
}
