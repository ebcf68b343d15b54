import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { HttpResponseData, TypedData } from './core-module.ts';
import { isAscii } from './http-request.ts';

/** A response to an HTTP request. */
export interface HostResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/**
 * Converts the return value of a function to a response. `reason` says why that is impossible. The
 * caller then gets a 500.
 */
export function toHostResponse(
  value: TypedData | null | undefined,
): { kind: 'response'; response: HostResponse } | { kind: 'unsendable'; reason: string } {
  if (value === null || value === undefined) return { kind: 'response', response: { status: 204 } };
  const { statusCode, headers, cookies, body } = value.http as HttpResponseData;
  if (cookies.length > 0) return { kind: 'unsendable', reason: 'this host does not support cookies' };
  const foreign = Object.entries(headers).find(([, text]) => !isAscii(text));
  if (foreign) return { kind: 'unsendable', reason: `the header "${foreign[0]}" contains a character outside ASCII` };
  const bytes = body?.bytes;
  return { kind: 'response', response: { status: Number(statusCode), headers, ...(bytes?.length && { body: bytes }) } };
}

/**
 * Sends a response and resolves when it has been sent or the caller has gone. The body is chunked
 * unless the function set a content-length. Without a body the content-length is 0, which a 404 to
 * HEAD leaves out. `last` closes the connection.
 */
export async function sendResponse(
  target: ServerResponse,
  response: HostResponse,
  { last = false, isHead = false } = {},
): Promise<void> {
  const { status, headers = {}, body } = response;
  if (target.destroyed) return;
  target.statusCode = status;
  for (const [name, value] of Object.entries(headers)) target.setHeader(name, value);
  if (last) target.setHeader('connection', 'close');
  if (body) target.write(body);
  else if (status !== 204 && status !== 304 && !(isHead && status === 404)) target.setHeader('content-length', 0);
  target.end();
  await Promise.race([once(target, 'finish'), once(target, 'close')]);
}
