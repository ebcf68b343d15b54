import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import { unreachable } from '../unreachable.ts';
import { CustomerInsightsError, type CustomerInsightsErrorKind } from './customer-insights.ts';
import { attemptGet, type AttemptDeps, type AttemptOutcome } from './rest-attempt.ts';
import { nextTry } from './rest-retry.ts';

export interface RestCallDeps extends AttemptDeps {
  /** With the version, e.g. `https://api.ci.ai.dynamics.com/v1`. */
  readonly baseUrl: string;
  readonly random: Random;
  readonly log: Log;
}

export interface RestCall<T> {
  /** The path below the base URL in segments as they are meant, not yet encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  /** Translates the JSON of the answer; `undefined` when it is not what the call returns. */
  readonly read: (json: unknown) => T | undefined;
}

/** A proxy between here and the service answers these while it, or the service, is busy or restarting. */
const passingStatuses = new Set([429, 500, 502, 503, 504]);

/**
 * One reading call: GETs, tries again what may pass, and logs the outcome as one line. Takes at most three deadlines
 * and five seconds. Rejects with `CustomerInsightsError`.
 */
export async function restGet<T>(deps: RestCallDeps, { path, query = {}, read }: RestCall<T>): Promise<T> {
  const { clock, log } = deps;
  const encodedPath = path.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
  const call = `GET ${encodedPath}`;
  if (path.some(isNoSegment)) throw new CustomerInsightsError('not-found', call, 'nothing can have this name');

  const startedAt = clock.now();
  const url = `${deps.baseUrl.replace(/\/+$/, '')}/${encodedPath}${queryString(query)}`;
  let waitedMs = 0;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptGet(deps, url, read);
    const fields = { call, attempts: attempt, durationMs: clock.now() - startedAt };
    if (outcome.kind === 'answered') {
      log.info('insights.called', { ...fields, outcome: 'answered', status: outcome.status });
      return outcome.value;
    }
    const next = mayPass(outcome)
      ? nextTry({
          attempt,
          waitedMs,
          retryAfterMs: 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined,
          jitter: deps.random.fraction(),
        })
      : ({ kind: 'stop' } as const);
    if (next.kind === 'stop') {
      const error = errorOf(call, outcome);
      log.warn('insights.called', { ...fields, outcome: error.kind, status: error.status, reason: error.message });
      throw error;
    }
    waitedMs += next.delayMs;
    await clock.sleep(next.delayMs);
  }
}

/** URL parsers take the dots for directions, an empty segment for none, and a lone surrogate cannot be encoded. */
function isNoSegment(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || !segment.isWellFormed();
}

function queryString(query: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(query).toString();
  return parameters === '' ? '' : `?${parameters}`;
}

type FailedOutcome = Exclude<AttemptOutcome<never>, { kind: 'answered' }>;

function mayPass(outcome: FailedOutcome): boolean {
  switch (outcome.kind) {
    case 'unreached':
      return true;
    case 'refused':
      return passingStatuses.has(outcome.status);
    case 'unreadable':
    case 'without-token':
      return false;
    default:
      return unreachable(outcome);
  }
}

function errorOf(call: string, outcome: FailedOutcome): CustomerInsightsError {
  switch (outcome.kind) {
    case 'unreached':
      return new CustomerInsightsError('unavailable', call, outcome.reason, { cause: outcome.cause });
    case 'unreadable':
      return new CustomerInsightsError('unavailable', call, outcome.reason, { status: outcome.status });
    case 'without-token':
      return new CustomerInsightsError('unauthorized', call, outcome.reason);
    case 'refused': {
      const { status, retryAfterMs, message } = outcome;
      const reason = `status ${status}${message === undefined ? '' : `: ${message}`}`;
      return new CustomerInsightsError(kindOf(status), call, reason, { status, retryAfterMs });
    }
    default:
      return unreachable(outcome);
  }
}

function kindOf(status: number): CustomerInsightsErrorKind {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not-found';
  return status >= 400 && status < 500 ? 'refused' : 'unavailable';
}
