import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { MIN_OPERATOR_KEY_LENGTH, type Config } from '../shared/config.ts';
import { problems, refusal, type Refusal } from '../shared/problem.ts';
import { isCrossSite, crossSiteRefusal, principalOf } from './caller.ts';
import { httpHandler } from './http.ts';
import { unknownParameter } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/** The Entra app role that a signed-in caller needs for the operator API. */
const OPERATOR_ROLE = 'Operator';

type OperatorConfig = Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants' | 'operatorKeys'>;

/**
 * Identifies the operator: by the name of the key in `x-operator-key`, or by the object id of a signed-in caller with the
 * role. When keys are configured and the request has one, the sign-in is ignored.
 */
export function identifyOperator(
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
        `You need the app role ${OPERATOR_ROLE} of this service. Ask an administrator for it, then sign in again.`,
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

/** Compares the hash of a key with the hash of every operator key, so that the response time reveals nothing about the keys. */
function nameOf(key: string, operatorKeys: OperatorConfig['operatorKeys']): string | undefined {
  const sent = sha256(key);
  return operatorKeys.filter(({ key: expected }) => timingSafeEqual(sha256(expected), sent)).map(({ name }) => name)[0];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** One route of the operator API. */
export interface ManageRoute {
  /** The name of the Azure function. The Functions host matches routes in the alphabetical order of these names. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly route: string;
  /** The query parameters that the call accepts. Default: none. */
  readonly query?: readonly string[];
  readonly handle: (request: HttpRequest) => Promise<HttpResponseInit | Refusal>;
}

/** Maximum length of the ids in a log line. */
const MAX_TARGET_LENGTH = 128;

/**
 * The response to a wrong key. It is logged until the address exceeds its limit of wrong keys. Only wrong keys are counted,
 * so a correct key is accepted even from an address that has exceeded the limit.
 */
function refuseWrongKey({ wrongKeys, log }: HttpDeps, refused: Refusal, request: HttpRequest, action: string): Refusal {
  const address = clientAddress(request.headers);
  const counted = wrongKeys.fail(address);
  if (counted.kind === 'counted') {
    log.warn('operator.refused', { action, address });
    return refused;
  }
  if (counted.isFirst) log.warn('operator.refused', { action, address, limited: true });
  const seconds = Math.ceil(counted.retryAfterMs / 1000);
  return refusal(
    'too-many-wrong-keys',
    `Too many wrong operator keys came from this address. Try again in ${seconds} seconds.`,
    {
      retryAfterMs: counted.retryAfterMs,
    },
  );
}

/**
 * The client's address as the platform saw it. The platform appends it to the header, and everything before it may be
 * forged by the client. Returns `unknown` without a platform in front of the app.
 */
export function clientAddress(headers: Pick<Headers, 'get'>): string {
  const last = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  const [, bracketed, v4] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::\d+)?$/i.exec(last) ?? [];
  const address = bracketed ?? v4 ?? last;
  return isIP(address) === 0 ? 'unknown' : address;
}

/** Registers routes of the operator API. The host lets every call through, so this code checks the operator. Every call that may change something is logged. */
export function registerManageRoutes(app: Registrar, deps: HttpDeps, routes: readonly ManageRoute[]): void {
  const { config, log } = deps;
  for (const { name, method, route, query = [], handle } of routes) {
    const asOperator = async (request: HttpRequest): Promise<HttpResponseInit | Refusal> => {
      const operator = identifyOperator(request, config);
      if (operator.kind === 'refused') {
        const isWrongKey = operator.code === 'not-authenticated' && request.headers.get('x-operator-key');
        return isWrongKey ? refuseWrongKey(deps, operator, request, name) : operator;
      }
      const unknown = unknownParameter(request.query, query);
      if (unknown) return unknown;
      if (method === 'GET') return handle(request);
      if (isCrossSite(request)) return crossSiteRefusal();
      const target = Object.values(request.params).join(' ').slice(0, MAX_TARGET_LENGTH);
      const action = { operator: operator.name, action: name, target };
      let status: number | undefined;
      try {
        const response = await handle(request);
        status = 'kind' in response ? problems[response.code].status : response.status;
        return response;
      } finally {
        // Without a status the action threw an error and may have been completed in part.
        log.info('operator.acted', { ...action, status });
      }
    };
    app.http(name, { methods: [method], authLevel: 'anonymous', route, handler: httpHandler(log, asOperator) });
  }
}
