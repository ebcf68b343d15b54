import type { IncomingHttpHeaders } from 'node:http';
import { Agent, errors } from 'undici';
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { agingAgents } from './aging-agents.ts';
import type { CallbackPolicy } from './callback-policy.ts';
import { checkCallbackUrl } from './callback-policy.ts';
import { excerptOf, type AnswerExcerpt } from './answer-excerpt.ts';
import { exchangeOver } from './exchange.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { Lookup } from './vetted-connect.ts';
import { ConnectError, systemLookup, vettedConnector } from './vetted-connect.ts';

/** The port to the flows: one POST at a time, each ending in an `Answer` within the deadline. */
export interface CallbackClient {
  /** Never rejects for what the other side does or fails to do; only for a bug, or after `close`. */
  post(request: CallbackRequest): Promise<CallbackResponse>;
  /** Lets the calls in hand end, then closes all connections. */
  close(): Promise<void>;
}

export interface CallbackRequest {
  /** Sent byte for byte. A secret: it is in no answer and no error. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What became of one POST. `durationMs` is real time from the call to the decision. */
export type CallbackResponse =
  /** The flow's side answered. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** `error.code` or `Error.Code` of a JSON body, when the answer is no success and the code looks like one. */
      readonly errorCode?: string;
      readonly retryAfterMs?: number;
      /** `x-ms-workflow-run-id`, at most 64 characters of `[A-Za-z0-9_-]`. */
      readonly runId?: string;
      readonly durationMs: number;
      /** What it said, when it is no success. */
      readonly excerpt?: AnswerExcerpt;
    }
  /** No usable answer; the request may have arrived all the same. */
  | { readonly kind: 'unreached'; readonly code: UnreachedCode; readonly durationMs: number }
  /** The guard refused to call; nothing was sent. */
  | { readonly kind: 'refused'; readonly code: RefusedCode; readonly durationMs: number };

export type UnreachedCode = 'dns' | 'connect' | 'tls' | 'reset' | 'timeout' | 'malformed';
export type RefusedCode = 'url-not-allowed' | 'address-not-public';

export interface CallbackClientOptions {
  readonly policy: CallbackPolicy;
  /** One deadline over DNS, connect, TLS, head and body. */
  readonly timeoutMs: number;
  /** Tells how far away the date of a `Retry-After` is. */
  readonly clock?: Clock;
  readonly lookup?: Lookup;
  /** How long a connection keeps its vetted address at most, however busy it is. */
  readonly maxConnectionAgeMs?: number;
}

/** Error bodies of Logic Apps are below 1 KiB; more than this is never read, and the socket is destroyed. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** All flows of a region share one origin; a worker has at most a few hundred attempts in flight. */
const MAX_CONNECTIONS_PER_ORIGIN = 512;
/** Shorter than the idle limits of Azure's front ends, so that we close first and seldom write into a closing connection. */
const KEEP_ALIVE_MS = 30_000;
const MAX_CONNECTION_AGE_MS = 300_000;

/**
 * Calls flows through connections that are kept and shared. Follows no redirect, decompresses nothing, reads at most 16 KiB of
 * an answer, sends no header but the given ones and those of the framing, and checks URL and addresses at every call.
 *
 * A 2xx head is a success whatever becomes of its body. Any other answer counts once its body is read, because the body tells
 * a flow that is gone from one that is turned off: when the body breaks off, the call is `unreached`.
 */
export function callbackClient(options: CallbackClientOptions): CallbackClient {
  const { policy, timeoutMs, clock = systemClock, lookup = systemLookup } = options;
  const agents = agingAgents(
    (reach) =>
      new Agent({
        connect: vettedConnector({ reach, allowedNetworks: policy.allowedNetworks, lookup, timeoutMs }),
        connections: MAX_CONNECTIONS_PER_ORIGIN,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_ANSWER_BYTES,
        // Both would start anew with every phase; the one deadline covers all of them.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    options.maxConnectionAgeMs ?? MAX_CONNECTION_AGE_MS,
  );

  const post = async ({ url, headers, body }: CallbackRequest): Promise<CallbackResponse> => {
    // Monotonic: a clock that is set back must not make a duration negative.
    const startedMs = performance.now();
    const durationMs = (): number => Math.round(performance.now() - startedMs);
    const check = checkCallbackUrl(url, policy);
    if (check.kind === 'refused') return { kind: 'refused', code: 'url-not-allowed', durationMs: durationMs() };
    try {
      const exchange = await exchangeOver(
        agents.get(check.reach),
        {
          origin: check.origin,
          path: check.target,
          method: 'POST',
          headers: { ...headers, 'accept-encoding': 'identity' },
          body,
        },
        { timeoutMs, maxBytes: MAX_ANSWER_BYTES },
      );
      if (exchange === 'late') return { kind: 'unreached', code: 'timeout', durationMs: durationMs() };
      const { status, headers: answerHeaders, body: answerBody, isCut = false } = exchange;
      return {
        kind: 'answered',
        status,
        ...(answerBody === undefined ? {} : errorCodeOf(answerBody)),
        ...retryAfterOf(answerHeaders, clock.now()),
        ...runIdOf(answerHeaders),
        ...(answerBody !== undefined && {
          excerpt: excerptOf({ headers: answerHeaders, body: answerBody, isCut }, url),
        }),
        durationMs: durationMs(),
      };
    } catch (error) {
      return { ...failureOf(error), durationMs: durationMs() };
    }
  };

  return { post, close: () => agents.close() };
}

/** Logic Apps answers `{"error": {"code": "WorkflowNotFound", …}}`, other parts of Azure `{"Error": {"Code": …}}`; nothing else is ever kept. */
function errorCodeOf(body: string): { errorCode?: string } {
  try {
    const parsed = JSON.parse(body) as { error?: unknown; Error?: unknown } | null;
    const error = (parsed?.error ?? parsed?.Error) as { code?: unknown; Code?: unknown } | null | undefined;
    const code = error?.code ?? error?.Code;
    return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? { errorCode: code } : {};
  } catch {
    return {};
  }
}

function retryAfterOf(headers: IncomingHttpHeaders, nowMs: number): { retryAfterMs?: number } {
  const value = headers['retry-after'];
  const retryAfterMs = typeof value === 'string' ? parseRetryAfter(value, nowMs) : undefined;
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function runIdOf(headers: IncomingHttpHeaders): { runId?: string } {
  const value = headers['x-ms-workflow-run-id'];
  return typeof value === 'string' && /^[\w-]+$/.test(value) ? { runId: value.slice(0, 64) } : {};
}

type Failure = { kind: 'unreached'; code: UnreachedCode } | { kind: 'refused'; code: RefusedCode };

const MALFORMED = [errors.HTTPParserError, errors.HeadersOverflowError, errors.ResponseContentLengthMismatchError];
const OUR_OWN_FAULTS = [
  errors.InvalidArgumentError,
  errors.NotSupportedError,
  errors.ClientClosedError,
  errors.ClientDestroyedError,
];

/** Rethrows what is no fault of the connection or the other side: a bug, or a call after `close`. */
function failureOf(error: unknown): Failure {
  if (error instanceof ConnectError) {
    return error.code === 'url-not-allowed' || error.code === 'address-not-public'
      ? { kind: 'refused', code: error.code }
      : { kind: 'unreached', code: error.code };
  }
  if (MALFORMED.some((kind) => error instanceof kind)) return { kind: 'unreached', code: 'malformed' };
  // What fails on a connection names a code, of the system or of undici; a mistake in a program does not.
  const namesCode = typeof (error as { code?: unknown }).code === 'string';
  if (!namesCode || OUR_OWN_FAULTS.some((kind) => error instanceof kind)) throw error;
  return { kind: 'unreached', code: 'reset' };
}
