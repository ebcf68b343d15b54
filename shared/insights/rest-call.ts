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
  /** With the version, e.g. `https://api.ci.ai.dynamics.com/v1`. */
  readonly baseUrl: string;
  readonly random: Random;
  readonly log: Log;
  readonly telemetry: Telemetry;
  /** Asked for each request. */
  readonly permits: CallPermits;
}

/** A segment that names something: logs and errors have its name only, because the value may be that of a person. */
export interface PathParameter {
  readonly name: string;
  readonly value: string;
}

export interface RestCall<T> {
  /** `GET` when absent. */
  readonly method?: AttemptRequest<T>['method'];
  /** Absent for the list of instances. */
  readonly instanceId?: string;
  /** The path below the instance in segments as they are meant, not yet encoded. */
  readonly path?: readonly (string | PathParameter)[];
  readonly query?: Readonly<Record<string, string>>;
  /** JSON, sent as it is. */
  readonly body?: string;
  /** `JSON.parse` when absent. */
  readonly parse?: AttemptRequest<T>['parse'];
  /** Translates the JSON of the answer; `undefined` when it is not what the call returns. */
  readonly read: AttemptRequest<T>['read'];
}

/** A proxy between here and the service answers these while it, or the service, is busy or restarting. */
const passingStatuses = new Set([429, 500, 502, 503, 504]);

/**
 * One call: sends it, tries again what may pass, and logs the outcome as one line. A call that writes is repeated only
 * where the service cannot have carried it out. Takes at most three deadlines and five seconds. Rejects with
 * `CustomerInsightsError`, and with what `places` reject with. Without a place for a further try the last one's outcome stands.
 */
export async function restCall<T>(deps: RestCallDeps, asked: RestCall<T>): Promise<T> {
  const { clock, log, permits: places, telemetry } = deps;
  const { method = 'GET', instanceId, query = {}, body, parse = JSON.parse, read } = asked;
  const path = ['instances', ...(instanceId === undefined ? [] : [instanceId]), ...(asked.path ?? [])];
  const values = path.map((segment) => (typeof segment === 'string' ? segment : segment.value));
  const encodedPath = values.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
  const template = path
    .map((segment) => (typeof segment === 'string' ? encodeURIComponent(segment.toWellFormed()) : `{${segment.name}}`))
    .join('/');
  const call = `${method} ${template}`;
  if (values.some(isNoSegment)) throw new CustomerInsightsError('not-found', call, 'nothing can have this name');

  await takePermit(places, instanceId, call);
  const startedAt = clock.now();
  const url = `${deps.baseUrl.replace(/\/+$/, '')}/${encodedPath}${queryString(query)}`;
  let waitedMs = 0;
  for (let number = 1; ; number += 1) {
    const startMs = clock.now();
    const outcome = await attempt(deps, { method, url, body, parse, read });
    recordRequest(telemetry, { method, url, number }, outcome, { startMs, endMs: clock.now() });
    const fields = { call, attempts: number, durationMs: clock.now() - startedAt };
    if (outcome.kind === 'answered') {
      log.info('insights.called', { ...fields, outcome: 'answered', status: outcome.status });
      return outcome.value;
    }
    const next = mayBeRepeated(outcome, method)
      ? nextTry({
          attempt: number,
          waitedMs,
          retryAfterMs: 'retryAfterMs' in outcome ? outcome.retryAfterMs : undefined,
          jitter: deps.random.fraction(),
        })
      : ({ kind: 'stop' } as const);
    if (next.kind === 'again') {
      waitedMs += next.delayMs;
      await clock.sleep(next.delayMs);
    }
    if (next.kind === 'stop' || (await places.take(instanceId)).kind === 'refused') {
      // What the service says about data may quote it.
      const error = errorOf(call, outcome, method, asked.path?.[0] === 'data');
      log.warn('insights.called', { ...fields, outcome: error.kind, status: error.status, reason: error.message });
      throw error;
    }
  }
}

/** URL parsers take the dots for directions, an empty segment for none, and a lone surrogate cannot be encoded. */
function isNoSegment(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..' || !segment.isWellFormed();
}

/** Blanks as `%20` and `$` as it is: not every OData parser reads the forms that HTML forms have for them. */
function queryString(query: Readonly<Record<string, string>>): string {
  const encoded = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll('%24', '$');
  const parameters = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
  return parameters.length === 0 ? '' : `?${parameters.join('&')}`;
}

type RefusedOutcome = Extract<AttemptOutcome<never>, { kind: 'refused' }>;
type FailedOutcome = Exclude<AttemptOutcome<never>, { kind: 'answered' }>;

function mayBeRepeated(outcome: FailedOutcome, method: string): boolean {
  return method === 'GET' ? mayPass(outcome) : mayPass(outcome) && !isUnconfirmed(outcome);
}

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

/** Whether the service may have done what it was asked for, although it did not say so. */
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
      return new CustomerInsightsError(kind, call, reason, { status, retryAfterMs, said: message });
    }
    default:
      return unreachable(outcome);
  }
}

/** API Management answers a used-up quota with 403, and says in `Retry-After` when there is a new one (azure-docs issue 16282). */
function isOutOfQuota({ status, retryAfterMs, message = '' }: RefusedOutcome): boolean {
  return status === 403 && (retryAfterMs !== undefined || /\bquota\b/i.test(message));
}

/** The same in its sentence: `Out of call volume quota. Quota will be replenished in 00:12:32.`, with days before a dot when there are any. */
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
