import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Backend } from '../shared/backend.ts';
import type { Config } from '../shared/config.ts';
import type { Log } from '../shared/log.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import type { FailureLimit } from '../shared/rate-limit/failure-limit.ts';
import type { RateLimiter } from '../shared/rate-limit/rate-limiter.ts';
import { connectionOf } from './caller.ts';
import type { Handle } from './http.ts';
import { unknownParameter } from './query.ts';

export interface HttpDeps {
  readonly backend: Backend;
  readonly config: Config;
  /** Limits the calls of each connection. */
  readonly limiter: RateLimiter;
  /** Counts the wrong operator keys from each address, and says when there are too many. */
  readonly wrongKeys: FailureLimit;
  readonly log: Log;
}

/** A handler that also receives the id of the caller's connection, as `connectionOf` returns it. */
export type AuthenticatedHandle = (request: HttpRequest, connection: string) => Promise<HttpResponseInit | Refusal>;

export interface AuthenticatedOptions {
  /**
   * Whether the call is exempt from the rate limit. Only unsubscribing is, because it must always
   * work.
   */
  readonly unlimited?: boolean;
  /** The query parameters that the call accepts. Others are refused. Default: none. */
  readonly query?: readonly string[] | 'any';
}

/**
 * Wraps a handler so that it runs only for an authenticated caller whose connection is within its
 * rate limit. If storage fails while the limit is checked, the caller receives 503.
 */
export function authenticated(
  { config, limiter }: HttpDeps,
  handle: AuthenticatedHandle,
  options: AuthenticatedOptions = {},
): Handle {
  return async (request) => {
    const caller = connectionOf(request, config);
    if (caller.kind === 'refused') return caller;
    if (!options.unlimited) {
      const decision = await limiter.take(caller.connection);
      if (decision.kind === 'refused') return tooManyCalls(config, decision.retryAfterMs);
    }
    const unknown = options.query !== 'any' && unknownParameter(request.query, options.query ?? []);
    return unknown || handle(request, caller.connection);
  };
}

function tooManyCalls({ rateLimit }: Config, retryAfterMs: number): Refusal {
  const { calls, windowSeconds } = rateLimit;
  return refusal(
    'too-many-calls',
    `A connection may make ${calls} calls in ${windowSeconds} seconds, and this connection has reached the limit. Try again in ${Math.ceil(retryAfterMs / 1000)} seconds.`,
    { retryAfterMs },
  );
}
