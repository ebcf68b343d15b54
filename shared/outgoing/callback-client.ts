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
import type { Lookup } from './lookup.ts';
import { systemLookup } from './lookup.ts';
import { ConnectError, vettedConnector } from './vetted-connect.ts';

/** Sends POSTs to flows. Each resolves with a `CallbackResponse` within the timeout. */
export interface CallbackClient {
  /**
   * Sends one POST. Rejects only because of a bug or after `close`, never because of the receiver
   * or the network.
   */
  post(request: CallbackRequest): Promise<CallbackResponse>;
  /** Waits for the calls in progress, then closes all connections. */
  close(): Promise<void>;
}

export interface CallbackRequest {
  /** Sent byte for byte. The URL is a secret, so no response or error contains it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The result of one POST. `durationMs` is the elapsed time from the call to the result. */
export type CallbackResponse =
  /** There was a response. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      /**
       * `error.code` or `Error.Code` in the JSON body of an error response, if it looks like a
       * code.
       */
      readonly errorCode?: string;
      /** The delay that the header `Retry-After` asks for. */
      readonly retryAfterMs?: number;
      /**
       * The id of the flow run: the header `x-ms-workflow-run-id`, at most 64 characters of
       * `[A-Za-z0-9_-]`.
       */
      readonly runId?: string;
      readonly durationMs: number;
      /** The beginning of an error response, without secrets. */
      readonly excerpt?: AnswerExcerpt;
    }
  /** There was no usable response. The request may have arrived nevertheless. */
  | { readonly kind: 'unreached'; readonly code: UnreachedCode; readonly durationMs: number }
  /** The URL or its address is not allowed. Nothing was sent. */
  | { readonly kind: 'refused'; readonly code: RefusedCode; readonly durationMs: number };

export type UnreachedCode = 'dns' | 'connect' | 'tls' | 'reset' | 'timeout' | 'malformed';
export type RefusedCode = 'url-not-allowed' | 'address-not-public';

export interface CallbackClientOptions {
  readonly policy: CallbackPolicy;
  /** One timeout for DNS, connect, TLS, headers and body together. */
  readonly timeoutMs: number;
  /** Needed to convert the date of a `Retry-After` to a delay. */
  readonly clock?: Clock;
  readonly lookup?: Lookup;
  /** Maximum time for which a connection is used before its host is resolved and checked again. */
  readonly maxConnectionAgeMs?: number;
}

/**
 * Maximum number of bytes read of a body. The socket of a longer body is destroyed. Error bodies of
 * Logic Apps are below 1 KiB.
 */
const MAX_RESPONSE_BYTES = 16 * 1024;
/** All flows of a region share one origin, and a process has a few hundred attempts in flight. */
const MAX_CONNECTIONS_PER_ORIGIN = 512;
/**
 * How long an idle connection stays open: shorter than the idle timeouts of Azure's front ends, so
 * that this side closes first and rarely writes to a connection that is being closed.
 */
const KEEP_ALIVE_MS = 30_000;
/** Default of `maxConnectionAgeMs`. */
const MAX_CONNECTION_AGE_MS = 300_000;

/**
 * Calls flows over shared keep-alive connections. Follows no redirects, decompresses nothing, reads
 * at most 16 KiB of a response, adds no headers except those of HTTP framing, and checks the URL
 * and addresses on every call.
 *
 * A 2xx response is a success once its headers have arrived, whatever happens to its body. Other
 * responses need their body, because it says whether a flow is gone or turned off. If the
 * connection breaks before the end of such a body or before 16 KiB of it, the call is `unreached`.
 * A longer body is cut and counts as an answer.
 */
export function callbackClient(options: CallbackClientOptions): CallbackClient {
  const { policy, timeoutMs, clock = systemClock, lookup = systemLookup } = options;
  const agents = agingAgents(
    // One agent for each `reach`: the set of addresses that a host may have.
    (reach) =>
      new Agent({
        connect: vettedConnector({ reach, allowedNetworks: policy.allowedNetworks, lookup, timeoutMs }),
        connections: MAX_CONNECTIONS_PER_ORIGIN,
        pipelining: 1,
        keepAliveTimeout: KEEP_ALIVE_MS,
        keepAliveMaxTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_RESPONSE_BYTES,
        // These timeouts restart with every phase. `timeoutMs` covers all phases.
        headersTimeout: 0,
        bodyTimeout: 0,
      }),
    options.maxConnectionAgeMs ?? MAX_CONNECTION_AGE_MS,
  );

  const post = async ({ url, headers, body }: CallbackRequest): Promise<CallbackResponse> => {
    // A monotonic clock, because setting the system clock back must not make a duration negative.
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
        { timeoutMs, maxBytes: MAX_RESPONSE_BYTES },
      );
      // `late`: the timeout has passed.
      if (exchange === 'late') return { kind: 'unreached', code: 'timeout', durationMs: durationMs() };
      const { status, headers: responseHeaders, body: responseBody, isCut = false } = exchange;
      const fromHeaders = { ...retryAfterOf(responseHeaders, clock.now()), ...runIdOf(responseHeaders) };
      if (responseBody === undefined) return { kind: 'answered', status, ...fromHeaders, durationMs: durationMs() };
      return {
        kind: 'answered',
        status,
        ...errorCodeOf(responseBody),
        ...fromHeaders,
        excerpt: excerptOf({ headers: responseHeaders, body: responseBody, isCut }, url),
        durationMs: durationMs(),
      };
    } catch (error) {
      return { ...failureOf(error), durationMs: durationMs() };
    }
  };

  return { post, close: () => agents.close() };
}

/**
 * Reads the code of `{"error": {"code": "WorkflowNotFound", …}}` (Logic Apps) or
 * `{"Error": {"Code": …}}` (other parts of Azure).
 */
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

/** Errors of undici for a response that is not valid HTTP or has too long headers. */
const MALFORMED = [errors.HTTPParserError, errors.HeadersOverflowError, errors.ResponseContentLengthMismatchError];
/** Errors of undici that are caused by this app. */
const CALLER_ERRORS = [
  errors.InvalidArgumentError,
  errors.NotSupportedError,
  errors.ClientClosedError,
  errors.ClientDestroyedError,
];

/**
 * Classifies an error that the connection or the receiver has caused. Rethrows all others, which
 * are caused by a bug or by a call after `close`.
 */
function failureOf(error: unknown): Failure {
  if (error instanceof ConnectError) {
    return error.code === 'url-not-allowed' || error.code === 'address-not-public'
      ? { kind: 'refused', code: error.code }
      : { kind: 'unreached', code: error.code };
  }
  if (MALFORMED.some((kind) => error instanceof kind)) return { kind: 'unreached', code: 'malformed' };
  // Connection errors have a system or undici code. A programming error has no code, or is one of
  // `CALLER_ERRORS`.
  const namesCode = typeof (error as { code?: unknown }).code === 'string';
  if (!namesCode || CALLER_ERRORS.some((kind) => error instanceof kind)) throw error;
  return { kind: 'unreached', code: 'reset' };
}
