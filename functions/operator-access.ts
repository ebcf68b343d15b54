import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { MIN_OPERATOR_KEY_LENGTH, type Config } from '../shared/config.ts';
import { problems, refusal, type Refusal } from '../shared/problem.ts';
import { isOfAnotherSite, ofAnotherSite, principalOf } from './caller.ts';
import { httpHandler } from './http.ts';
import { unknownParameter } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/** The app role that the operator API asks of a signed-in caller. */
const OPERATOR_ROLE = 'Operator';

type OperatorConfig = Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants' | 'operatorKeys'>;

/**
 * Who operates: the name of the key in `x-operator-key`, or the object id of a signed-in caller with the role. A key that was sent
 * decides alone.
 */
export function operatorOf(
  request: Pick<HttpRequest, 'headers'>,
  config: OperatorConfig,
): { kind: 'operator'; name: string } | Refusal {
  const { authentication, platformAuthenticates, operatorKeys } = config;
  const key = request.headers.get('x-operator-key');
  if (key !== null && operatorKeys.length > 0) {
    const name = nameOf(key, operatorKeys);
    if (name !== undefined) return { kind: 'operator', name };
    const detail =
      key.length < MIN_OPERATOR_KEY_LENGTH
        ? `The operator key is wrong: keys have at least ${MIN_OPERATOR_KEY_LENGTH} characters.`
        : 'The operator key is wrong.';
    return refusal('not-authenticated', detail);
  }
  if (authentication === 'entra' && platformAuthenticates) {
    const principal = principalOf(request, config);
    if (principal?.roles.includes(OPERATOR_ROLE)) return { kind: 'operator', name: principal.objectId };
    if (principal) {
      return refusal(
        'operator-role-missing',
        `Ask for the app role ${OPERATOR_ROLE} of this service, and sign in again.`,
      );
    }
    return refusal('not-authenticated', 'Sign in first, or send an operator key in the header x-operator-key.');
  }
  if (operatorKeys.length === 0) {
    return refusal(
      'operator-keys-missing',
      `Set OPERATOR_KEYS to a list of name:key to use the operator API; a key has at least ${MIN_OPERATOR_KEY_LENGTH} characters.`,
    );
  }
  return refusal('not-authenticated', 'Send an operator key in the header x-operator-key.');
}

/** Compares with every key, whichever fits, and hashes of one length: the time taken tells nothing. */
function nameOf(key: string, operatorKeys: OperatorConfig['operatorKeys']): string | undefined {
  const sent = sha256(key);
  return operatorKeys.filter((one) => timingSafeEqual(sha256(one.key), sent)).map(({ name }) => name)[0];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** One route of the operator API. */
export interface ManageRoute {
  /** Of the function: host order is the order of names. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly route: string;
  /** The query parameters that the call has: none unless given. */
  readonly query?: readonly string[];
  readonly handle: (request: HttpRequest) => Promise<HttpResponseInit | Refusal>;
}

/** No id is longer. */
const MAX_TARGET_LENGTH = 128;

/**
 * The answer to a wrong key, which leaves a line in the log; beyond the limit of its address it leaves none. It is counted after the
 * comparison: a right key is never refused.
 */
function wrongKey({ wrongKeys, log }: HttpDeps, refused: Refusal, request: HttpRequest, action: string): Refusal {
  const address = clientAddress(request.headers);
  const counted = wrongKeys.fail(address);
  if (counted.kind === 'counted') {
    log.warn('operator.refused', { action, address });
    return refused;
  }
  if (counted.isFirst) log.warn('operator.refused', { action, address, limited: true });
  const seconds = Math.ceil(counted.retryAfterMs / 1000);
  return refusal('too-many-wrong-keys', `Too many wrong operator keys came from here. Wait ${seconds} seconds.`, {
    retryAfterMs: counted.retryAfterMs,
  });
}

/** Whom the platform saw: it adds the address at the end of what the client may have made up. Where there is no platform, nobody in particular. */
export function clientAddress(headers: Pick<Headers, 'get'>): string {
  const last = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  const [, bracketed, v4] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::\d+)?$/i.exec(last) ?? [];
  const address = bracketed ?? v4 ?? last;
  return isIP(address) === 0 ? 'unknown' : address;
}

/** Registers routes for operators alone. The host lets everybody in: the check is ours. Every action leaves one line in the log. */
export function registerManageRoutes(app: Registrar, deps: HttpDeps, routes: readonly ManageRoute[]): void {
  const { config, log } = deps;
  for (const { name, method, route, query = [], handle } of routes) {
    const asOperator = async (request: HttpRequest): Promise<HttpResponseInit | Refusal> => {
      const operator = operatorOf(request, config);
      if (operator.kind === 'refused') {
        const isWrongKey = operator.code === 'not-authenticated' && request.headers.get('x-operator-key');
        return isWrongKey ? wrongKey(deps, operator, request, name) : operator;
      }
      const unknown = unknownParameter(request.query, query);
      if (unknown) return unknown;
      if (method === 'GET') return handle(request);
      if (isOfAnotherSite(request)) return ofAnotherSite();
      const target = Object.values(request.params).join(' ').slice(0, MAX_TARGET_LENGTH);
      const act = { operator: operator.name, action: name, target };
      let status: number | undefined;
      try {
        const answer = await handle(request);
        status = 'kind' in answer ? problems[answer.code].status : answer.status;
        return answer;
      } finally {
        // Without a status it broke off, and may have been done in part.
        log.info('operator.acted', { ...act, status });
      }
    };
    app.http(name, { methods: [method], authLevel: 'anonymous', route, handler: httpHandler(log, asOperator) });
  }
}
