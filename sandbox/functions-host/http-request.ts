import type { IncomingMessage } from 'node:http';
import type { HttpRequestData } from './core-module.ts';
import { encodePath } from './request-target.ts';
import type { RequestTarget } from './request-target.ts';

/**
 * The longest request body in bytes. A longer body is refused unread (observed, the default of the
 * real host).
 */
export const MAX_BODY_BYTES = 104_857_600;

/** The declared length of a request in bytes, 0 for a chunked request, which declares none. */
export function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/**
 * The body of a request that declares its length. A chunked body is dropped, as the real host does.
 * Rejects when the caller closes the connection.
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (declaredLength(request) === 0) {
    request.resume();
    return Buffer.alloc(0);
  }
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/**
 * Header names in lower case. Values of a repeated name are joined with a comma. Values are decoded
 * as UTF-8, as Kestrel does. `undefined` when a value is not UTF-8.
 */
export function foldHeaders(request: IncomingMessage): Map<string, string> | undefined {
  const folded = new Map<string, string>();
  const { rawHeaders } = request;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = utf8Of(rawHeaders[index + 1] ?? '');
    if (value === undefined) return undefined;
    const before = folded.get(name);
    folded.set(name, before === undefined ? value : `${before},${value}`);
  }
  return folded;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Node returns each byte of a header as one character. */
function utf8Of(latin1: string): string | undefined {
  if (isAscii(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch {
    return undefined;
  }
}

/** Whether a header value can be sent: printable ASCII and tabs. */
export function isAscii(value: string): boolean {
  return /^[\t\x20-\x7e]*$/.test(value);
}

/**
 * A request as the library expects it. The URL is built from the Host header. Forwarding headers
 * are ignored.
 */
export function toRequestData(options: {
  method: string;
  target: RequestTarget;
  headers: ReadonlyMap<string, string>;
  params: Readonly<Record<string, string>>;
  body: Buffer;
}): HttpRequestData {
  const { method, target, headers, params, body } = options;
  return {
    method,
    url: `http://${headers.get('host') ?? 'localhost'}${encodePath(target.path)}${target.search}`,
    nullableHeaders: nullable(headers),
    nullableParams: nullable(Object.entries(params)),
    nullableQuery: nullable(target.query),
    ...(body.length > 0 && { body: { bytes: body } }),
  };
}

function nullable(entries: Iterable<readonly [string, string]>): Record<string, { value: string }> {
  return Object.fromEntries([...entries].map(([name, value]) => [name, { value }]));
}
