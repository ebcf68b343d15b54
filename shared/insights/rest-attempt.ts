import { request, type Dispatcher } from 'undici';

import type { Clock } from '../clock.ts';
import { parseRetryAfter } from '../outgoing/retry-after.ts';
import { asObject } from './json-fields.ts';
import { errorMessage, oneLine } from './read-error.ts';

/** The outcome of one request. */
export type AttemptOutcome<T> =
  | { readonly kind: 'answered'; readonly status: number; readonly value: T }
  /** A status other than 2xx. `message` is the error message of the service. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string | undefined;
      readonly retryAfterMs: number | undefined;
    }
  /**
   * A 2xx response with a body that does not have the expected form, or any response whose body is
   * too long.
   */
  | { readonly kind: 'unreadable'; readonly status: number | undefined; readonly reason: string }
  /**
   * The network failed, or the deadline passed. If `sent` is true, the request may have reached the
   * service.
   */
  | { readonly kind: 'unreached'; readonly reason: string; readonly sent: boolean; readonly cause: unknown }
  /**
   * The identity library gave no token, so nothing was sent. Its error is not kept, because it may
   * contain a request's secrets.
   */
  | { readonly kind: 'without-token'; readonly reason: string };

export interface AttemptDeps {
  readonly dispatcher: Dispatcher;
  /**
   * The key of an Azure API Management subscription, sent in the header
   * `Ocp-Apim-Subscription-Key`. It has nothing to do with the subscriptions of flows.
   */
  readonly subscriptionKey?: string | undefined;
  /** If absent, no `Authorization` header is sent. */
  readonly token?: (() => Promise<string>) | undefined;
  /** The deadline of one attempt, from getting the token to the last byte of the body. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export interface AttemptRequest<T> {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  /** JSON, sent unchanged. */
  readonly body?: string | undefined;
  /** Parses the text of a response as JSON. Throws when it is not JSON. */
  readonly parse: (text: string) => unknown;
  /**
   * Translates the JSON of a 2xx response. `json` is `undefined` when the body is not JSON. Returns
   * `undefined` when the JSON does not have the expected form.
   */
  readonly read: (json: unknown, status: number) => T | undefined;
}

/** Errors that occur before a connection exists, so nothing was sent. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

interface TextResponse {
  readonly kind: 'text';
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** Sends one request under one deadline. */
export async function attempt<T>(deps: AttemptDeps, request: AttemptRequest<T>): Promise<AttemptOutcome<T>> {
  // A response ends the sleep, and the deadline ends the request.
  const finished = new AbortController();
  const timeout = deps.clock.sleep(deps.timeoutMs, finished.signal).then((): AttemptOutcome<never> => {
    const reason = `no complete response within ${deps.timeoutMs} ms`;
    return { kind: 'unreached', reason, sent: true, cause: undefined };
  });
  try {
    return await Promise.race([sendAndRead(deps, request, finished.signal), timeout]);
  } finally {
    finished.abort();
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
  const response = await send(deps, request, bearer, signal);
  if (response.kind !== 'text') return response;

  const { status, text, retryAfter } = response;
  const json = parseJson(text, request.parse);
  if (status < 200 || status > 299) {
    const message = withoutSecrets(errorMessage(json), [bearer, deps.subscriptionKey]);
    const retryAfterMs = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, deps.clock.now());
    return { kind: 'refused', status, message, retryAfterMs };
  }
  const value = request.read(json, status);
  if (value === undefined) return { kind: 'unreadable', status, reason: 'the body does not have the expected form' };
  return { kind: 'answered', status, value };
}

async function send(
  { dispatcher, subscriptionKey }: AttemptDeps,
  { method, url, body }: AttemptRequest<unknown>,
  bearer: string | undefined,
  signal: AbortSignal,
): Promise<TextResponse | AttemptOutcome<never>> {
  let status: number | undefined;
  try {
    const response = await request(url, {
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
    status = response.statusCode;
    const { 'retry-after': retryAfter } = response.headers;
    return {
      kind: 'text',
      status,
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      text: await response.body.text(),
    };
  } catch (cause) {
    const code = codeOf(cause);
    return code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE'
      ? { kind: 'unreadable', status, reason: 'the response is too long' }
      : { kind: 'unreached', reason: `no response (${code})`, sent: !unsentCodes.has(code), cause };
  }
}

function parseJson(text: string, parse: (text: string) => unknown): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Removes secrets from a message, because a gateway may quote the request. */
function withoutSecrets(message: string | undefined, secrets: readonly (string | undefined)[]): string | undefined {
  return secrets.reduce((rest, secret) => (secret === undefined ? rest : rest?.replaceAll(secret, '…')), message);
}

/**
 * The code of a network error, or else its name, or else `unknown`. Does not use `instanceof
 * Error`, because in Jest, modules run in a context of their own, where errors from Node's core are
 * not instances of `Error`.
 */
export function codeOf(error: unknown): string {
  const { code, name } = asObject(error) ?? {};
  return [code, name].find((word) => typeof word === 'string') ?? 'unknown';
}
