import { request, type Dispatcher } from 'undici';

import type { Clock } from '../clock.ts';
import { parseRetryAfter } from '../outgoing/retry-after.ts';
import { asObject } from './json-fields.ts';
import { errorMessage, oneLine } from './read-error.ts';

/** What one GET came to. */
export type AttemptOutcome<T> =
  | { readonly kind: 'answered'; readonly status: number; readonly value: T }
  /** A status other than 2xx. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly message: string | undefined;
      readonly retryAfterMs: number | undefined;
    }
  /** A 2xx whose body is not what the call returns, or any body that is too long. */
  | { readonly kind: 'unreadable'; readonly status: number | undefined; readonly reason: string }
  /** The network failed, or the deadline passed. */
  | { readonly kind: 'unreached'; readonly reason: string; readonly cause: unknown }
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

interface Answer {
  readonly kind: 'text';
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/**
 * One GET under one deadline. `read` translates the JSON of a 2xx answer; `undefined` means it is not what the call
 * returns.
 */
export async function attemptGet<T>(
  deps: AttemptDeps,
  url: string,
  read: (json: unknown) => T | undefined,
): Promise<AttemptOutcome<T>> {
  // Whoever comes first ends the other: the answer ends the sleep, the deadline ends the request.
  const over = new AbortController();
  const late = deps.clock.sleep(deps.timeoutMs, over.signal).then((): AttemptOutcome<never> => {
    return { kind: 'unreached', reason: `no complete answer within ${deps.timeoutMs} ms`, cause: undefined };
  });
  try {
    return await Promise.race([getAndRead(deps, url, read, over.signal), late]);
  } finally {
    over.abort();
  }
}

async function getAndRead<T>(
  deps: AttemptDeps,
  url: string,
  read: (json: unknown) => T | undefined,
  signal: AbortSignal,
): Promise<AttemptOutcome<T>> {
  let bearer: string | undefined;
  try {
    bearer = await deps.token?.();
  } catch (error) {
    return { kind: 'without-token', reason: `no access token: ${oneLine(String(error))}` };
  }
  const answer = await getText(deps, url, bearer, signal);
  if (answer.kind !== 'text') return answer;

  const { status, text, retryAfter } = answer;
  const json = parseJson(text);
  if (status < 200 || status > 299) {
    const message = withoutSecrets(errorMessage(json), [bearer, deps.subscriptionKey]);
    const retryAfterMs = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, deps.clock.now());
    return { kind: 'refused', status, message, retryAfterMs };
  }
  const value = read(json);
  if (value === undefined) return { kind: 'unreadable', status, reason: 'the answer is not what this call returns' };
  return { kind: 'answered', status, value };
}

async function getText(
  { dispatcher, subscriptionKey }: AttemptDeps,
  url: string,
  bearer: string | undefined,
  signal: AbortSignal,
): Promise<Answer | AttemptOutcome<never>> {
  let status: number | undefined;
  try {
    const answer = await request(url, {
      dispatcher,
      signal,
      headers: {
        accept: 'application/json',
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
      : { kind: 'unreached', reason: `no answer (${code})`, cause };
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** A gateway may quote what it was sent. */
function withoutSecrets(said: string | undefined, secrets: readonly (string | undefined)[]): string | undefined {
  return secrets.reduce((rest, secret) => (secret === undefined ? rest : rest?.replaceAll(secret, '…')), said);
}

/** Asks for no `Error`: the errors of Node's core are of another realm where modules run in a context of their own. */
function codeOf(error: unknown): string {
  const { code, name } = asObject(error) ?? {};
  return [code, name].find((word) => typeof word === 'string') ?? 'unknown';
}
