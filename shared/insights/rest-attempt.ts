import { request, type Dispatcher } from 'undici';

import type { Clock } from '../clock.ts';
import { parseRetryAfter } from '../outgoing/retry-after.ts';
import { asObject } from './json-fields.ts';
import { errorMessage, oneLine } from './read-error.ts';

/** What one request came to. */
export type AttemptOutcome<T> =
  | { readonly kind: 'answered'; readonly status: number; readonly value: T }
  /** A status other than 2xx; `message` is what the service said about it. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string | undefined;
      readonly retryAfterMs: number | undefined;
    }
  /** A 2xx whose body is not what the call returns, or any body that is too long. */
  | { readonly kind: 'unreadable'; readonly status: number | undefined; readonly reason: string }
  /** The network failed, or the deadline passed. `sent`: the request may have reached the service all the same. */
  | { readonly kind: 'unreached'; readonly reason: string; readonly sent: boolean; readonly cause: unknown }
  /** The identity library gave no token: nothing was sent. Its error is not kept, it may hold a request's secrets. */
  | { readonly kind: 'without-token'; readonly reason: string };

export interface AttemptDeps {
  readonly dispatcher: Dispatcher;
  /** Sent as `Ocp-Apim-Subscription-Key`. */
  readonly subscriptionKey?: string | undefined;
  /** Absent: no `Authorization` is sent. */
  readonly token?: (() => Promise<string>) | undefined;
  /** The deadline of one attempt, from getting the token to the last byte of the body. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface AttemptRequest<T> {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  /** JSON, sent as it is. */
  readonly body?: string | undefined;
  /** Reads the text of an answer as JSON; throws when it is none. */
  readonly parse: (text: string) => unknown;
  /** Translates the JSON of a 2xx answer (`undefined`: no JSON); `undefined` means it is not what the call returns. */
  readonly read: (json: unknown, status: number) => T | undefined;
}

/** There was no connection, so nothing was sent on it. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface Answer {
  readonly kind: 'text';
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** One request under one deadline. */
export async function attempt<T>(deps: AttemptDeps, request: AttemptRequest<T>): Promise<AttemptOutcome<T>> {
  // Whoever comes first ends the other: the answer ends the sleep, the deadline ends the request.
  const over = new AbortController();
  const late = deps.clock.sleep(deps.timeoutMs, over.signal).then((): AttemptOutcome<never> => {
    const reason = `no complete answer within ${deps.timeoutMs} ms`;
    return { kind: 'unreached', reason, sent: true, cause: undefined };
  });
  try {
    return await Promise.race([sendAndRead(deps, request, over.signal), late]);
  } finally {
    over.abort();
  }
}

async function sendAndRead<T>(
  deps: AttemptDeps,
  request: AttemptRequest<T>,
  signal: AbortSignal,
): Promise<AttemptOutcome<T>> {
  let bearer: string | undefined;
  try {
    bearer = await deps.token?.();
  } catch (error) {
    return { kind: 'without-token', reason: `no access token: ${oneLine(String(error))}` };
  }
  const answer = await send(deps, request, bearer, signal);
  if (answer.kind !== 'text') return answer;

  const { status, text, retryAfter } = answer;
  const json = parseJson(text, request.parse);
  if (status < 200 || status > 299) {
    const message = withoutSecrets(errorMessage(json), [bearer, deps.subscriptionKey]);
    const retryAfterMs = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, deps.clock.now());
    return { kind: 'refused', status, message, retryAfterMs };
  }
  const value = request.read(json, status);
  if (value === undefined) return { kind: 'unreadable', status, reason: 'the answer is not what this call returns' };
  return { kind: 'answered', status, value };
}

async function send(
  { dispatcher, subscriptionKey }: AttemptDeps,
  { method, url, body }: AttemptRequest<unknown>,
  bearer: string | undefined,
  signal: AbortSignal,
): Promise<Answer | AttemptOutcome<never>> {
  let status: number | undefined;
  try {
    const answer = await request(url, {
      dispatcher,
      signal,
      method,
      ...(body !== undefined && { body }),
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(subscriptionKey === undefined ? {} : { 'ocp-apim-subscription-key': subscriptionKey }),
      },
    });
    status = answer.statusCode;
    const { 'retry-after': retryAfter } = answer.headers;
    return {
      kind: 'text',
      status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text: await answer.body.text(),
    };
  } catch (cause) {
    const code = codeOf(cause);
    return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
      ? { kind: 'unreadable', status, reason: 'the answer is too long' }
      : { kind: 'unreached', reason: `no answer (${code})`, sent: !unsentCodes.has(code), cause };
  }
}

function parseJson(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** A gateway may quote what it was sent. */
function withoutSecrets(said: string | undefined, secrets: readonly (string | undefined)[]): string | undefined {
  return secrets.reduce((rest, secret) => (secret === undefined ? rest : rest?.replaceAll(secret, '…')), said);
}

/**
 * The code of a network error, else its name, else `unknown`. Asks for no `Error`: the errors of Node's core are of another
 * realm where modules run in a context of their own.
 */
export function codeOf(error: unknown): string {
  const { code, name } = asObject(error) ?? {};
  return [code, name].find((word) => typeof word === 'string') ?? 'unknown';
}
