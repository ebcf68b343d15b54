import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { HttpResponseData, TypedData } from './core-module.ts';
import { isAscii } from './http-request.ts';

/** What goes back to a caller. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What a function returned, as an answer; `reason` says why it cannot be one, and the caller then gets a 500. */
export function toAnswer(
  value: TypedData | null | undefined,
): { kind: 'answer'; answer: HttpAnswer } | { kind: 'unsendable'; reason: string } {
  if (value === null || value === undefined) return { kind: 'answer', answer: { status: 204 } };
  const { statusCode, headers, cookies, body } = value.http as HttpResponseData;
  if (cookies.length > 0) return { kind: 'unsendable', reason: 'cookies are not built into this host' };
  const foreign = Object.entries(headers).find(([, text]) => !isAscii(text));
  if (foreign) return { kind: 'unsendable', reason: `the header "${foreign[0]}" holds a character outside ASCII` };
  const bytes = body?.bytes;
  return { kind: 'answer', answer: { status: Number(statusCode), headers, ...(bytes?.length && { body: bytes }) } };
}

/**
 * Sends an answer and resolves when it has left or the caller is gone. A body goes out chunked unless the function set a
 * content-length; without a body the length is 0, which a 404 to HEAD leaves out. `last` closes the connection.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: HttpAnswer,
  { last = false, isHead = false } = {},
): Promise<void> {
  const { status, headers = {}, body } = answer;
  if (response.destroyed) return;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (last) response.setHeader('connection', 'close');
  if (body) response.write(body);
  else if (status !== 204 && status !== 304 && !(isHead && status === 404)) response.setHeader('content-length', 0);
  response.end();
  await Promise.race([once(response, 'finish'), once(response, 'close')]);
}
