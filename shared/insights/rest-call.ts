import type { Log } from '../log.ts';
import type { Random } from '../random.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unreachable } from '../unreachable.ts';
import { takePermit, type CallPermits } from './call-permits.ts';
import { recordRequest } from './call-telemetry.ts';
import { CustomerInsightsError, type CustomerInsightsErrorKind } from './customer-insights.ts';
import { attempt, type AttemptDeps, type AttemptOutcome, type AttemptRequest } from './rest-attempt.ts';
import { nextTry } from './rest-retry.ts';

export interface RestCallDeps extends AttemptDeps {
  /** Includes the version, e.g. `https://api.ci.ai.dynamics.com/v1`. */
  readonly baseUrl: string;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Each request takes a permit. */
  readonly permits: CallPermits;
}

/** A path segment whose value may identify a person. Logs and errors contain its name only. */
export interface PathParameter {
  readonly name: string;
  readonly value: string;
}

export interface RestCall<T> {
  /** `GET` when absent. */
  readonly method?: AttemptRequest<T>['method'];
  /** Absent for the list of instances. */
  readonly instanceId?: string;
  /** The path below the instance, in segments that are not yet encoded. */
  readonly path?: readonly (string | PathParameter)[];
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, sent unchanged. */
  readonly body?: string;
  /** `JSON.parse` when absent. */
  readonly parse?: AttemptRequest<T>['parse'];
  /**
   * Translates the JSON of the response. Returns `undefined` when it does not have the expected
   * form.
   */
  readonly read: AttemptRequest<T>['read'];
}

/** Statuses of a busy or restarting service, or of a proxy in front of it. */
const transientStatuses = new Set([429, 500, 502, 503, 504]);

/**
 * Makes one call: sends it, retries transient failures and logs the outcome as one line. A call
 * that writes is retried only when the service cannot have carried out the failed attempt. Takes at
 * most three times `timeoutMs`, plus five seconds. Rejects with `CustomerInsightsError`, and with
 * the errors of `permits`. If no permit is available for a retry, the error of the last attempt is
 * final.
 */
export async function restCall<T>(deps: RestCallDeps, request: RestCall<T>): Promise<T> {
  const { clock, log, permits, telemetry } = deps;
  const { method = 'GET', instanceId, query = {}, body, parse = JSON.parse, read } = request;
  const path = ['instances', ...(instanceId === undefined ? [] : [instanceId]), ...(request.path ?? [])];
  const values = path.map((segment) => (typeof segment === 'string' ? segment : segment.value));
  const encodedPath = values.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
  const template = path
    .map((segment) => (typeof segment === 'string' ? encodeURIComponent(segment.toWellFormed()) : `{${segment.name}}`))
    .join('/');
  const call = `${method} ${template}`;
  if (values.some(isInvalidSegment))
    throw new CustomerInsightsError('not-found', call, 'a name in the path is empty or invalid');

  await takePermit(permits, instanceId, call);
  const startedAt = clock.now();
  const url = `${deps.baseUrl.replace(/\/+$/, '')}/${encodedPath}${queryString(query)}`;
  let waitedMs = 0;
  for (let number = 1; ; number += 1) {
    const startMs = clock.now();
    const outcome = await attempt(deps, { method, url, body, parse, read });
    recordRequest(telemetry, { method, url, attempt: number }, outcome, { startMs, endMs: clock.now() });
    const fields = { call, attempts: number, durationMs: clock.now() - startedAt };
    if (outcome.kind === 'answered') {
      log.info('insights.called', { ...fields, outcome: 'answered', status: outcome.status });
      return outcome.value;
    }
    const next = mayRetry(outcome, method)
      ? nextTry({
          attempt: number,
          waitedMs,
          retryAfterMs: 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined,
          jitter: deps.random.fraction(),
        })
      : ({ kind: 'stop' } as const);
    if (next.kind === 'retry') {
      waitedMs += next.delayMs;
      await clock.sleep(next.delayMs);
    }
    if (next.kind === 'stop' || (await permits.take(instanceId)).kind === 'refused') {
      // A service message about data may quote customer data, so it is left out of the logged
      // reason.
      const error = errorOf(call, outcome, method, request.path?.[0] === 'data');
      log.warn('insights.called', { ...fields, outcome: error.kind, status: error.status, reason: error.message });
      throw error;
    }
  }
}

/**
 * Whether a URL path cannot contain the segment unchanged. URL parsers resolve `.` and `..` and
 * drop an empty segment. A lone surrogate cannot be encoded.
 */
function isInvalidSegment(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || !segment.isWellFormed();
}

/**
 * Encodes blanks as `%20` and keeps `$`, because not every OData parser supports form encoding (`+`
 * for a blank).
 */
function queryString(query: Readonly<Record<string, string>>): string {
  const encoded = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll('%24', '$');
  const parameters = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

type RefusedOutcome = Extract<AttemptOutcome<never>, { kind: 'refused' }>;
type FailedOutcome = Exclude<AttemptOutcome<never>, { kind: 'answered' }>;

function mayRetry(outcome: FailedOutcome, method: string): boolean {
  return method === 'GET' ? isTransient(outcome) : isTransient(outcome) && !isUnconfirmed(outcome);
}

function isTransient(outcome: FailedOutcome): boolean {
  switch (outcome.kind) {
    case 'unreached':
      return true;
    case 'refused':
      return transientStatuses.has(outcome.status);
    case 'unreadable':
    case 'without-token':
      return false;
    default:
      return unreachable(outcome);
  }
}

/** Whether the service may have carried out the call although no response confirms it. */
function isUnconfirmed(outcome: FailedOutcome): boolean {
  switch (outcome.kind) {
    case 'unreached':
      return outcome.sent;
    case 'refused':
      return outcome.status >= 500;
    case 'unreadable':
      return true;
    case 'without-token':
      return false;
    default:
      return unreachable(outcome);
  }
}

function errorOf(call: string, outcome: FailedOutcome, method: string, isConfidential: boolean): CustomerInsightsError {
  const unavailable = method !== 'GET' && isUnconfirmed(outcome) ? 'unconfirmed' : 'unavailable';
  switch (outcome.kind) {
    case 'unreached':
      return new CustomerInsightsError(unavailable, call, outcome.reason, { cause: outcome.cause });
    case 'unreadable':
      return new CustomerInsightsError(unavailable, call, outcome.reason, { status: outcome.status });
    case 'without-token':
      return new CustomerInsightsError('unauthorized', call, outcome.reason);
    case 'refused': {
      const { status, message } = outcome;
      const isQuota = isOutOfQuota(outcome);
      const retryAfterMs = outcome.retryAfterMs ?? (isQuota ? replenishedInMs(message) : undefined);
      const reason = `status ${status}${message === undefined || isConfidential ? '' : `: ${message}`}`;
      const kind = status >= 500 ? unavailable : isQuota ? 'throttled' : kindOf(status);
      return new CustomerInsightsError(kind, call, reason, { status, retryAfterMs, serviceMessage: message });
    }
    default:
      return unreachable(outcome);
  }
}

/**
 * Azure API Management, which is in front of the service, responds to a used-up quota with 403 and
 * gives the time to wait in `Retry-After` (azure-docs issue 16282).
 */
function isOutOfQuota({ status, retryAfterMs, message = '' }: RefusedOutcome): boolean {
  return status === 403 && (retryAfterMs !== undefined || /\bquota\b/i.test(message));
}

/**
 * Reads the time to wait from the message `Out of call volume quota. Quota will be replenished in
 * 00:12:32.` Days precede the hours, separated by a dot.
 */
function replenishedInMs(message = ''): number | undefined {
  const found = /replenished in (?:(\d{1,3})\.)?(\d{1,2}):(\d{2}):(\d{2})/i.exec(message);
  if (found === null) return undefined;
  const [, days = '0', hours, minutes, seconds] = found;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

function kindOf(status: number): CustomerInsightsErrorKind {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not-found';
  return status >= 400 && status < 500 ? 'refused' : 'unavailable';
}
