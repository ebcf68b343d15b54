import type { IncomingMessage } from 'node:http';
import type { HttpRequestData } from './core-module.ts';
import { encodePath } from './request-target.ts';
import type { RequestTarget } from './request-target.ts';

/** A request body may be this long, in bytes; one more is refused unread (observed; the real host's default limit). */
export const MAX_BODY_BYTES = 104_857_600;

/** The length a request declares in bytes; 0 when it declares none, as a chunked one does. */
export function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/**
 * The body of a request that declares its length. A chunked body is dropped: the real host does not read it either.
 * Rejects when the caller goes away.
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
 * Header names in lower case, values of a repeated name joined with a comma. Values are read as UTF-8, as Kestrel reads them; undefined when
 * one is none.
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

/** Node gives each byte of a header as one character. */
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

/** A request as the library expects it. The URL is built from the Host header; forwarding headers are not looked at. */
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
