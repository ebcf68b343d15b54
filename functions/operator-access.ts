import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { problems, refusal, type Refusal } from '../shared/problem.ts';
import { isOfAnotherSite, ofAnotherSite, readPrincipal } from './caller.ts';
import { httpHandler } from './http.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/** The app role that the operator API asks of a signed-in caller. */
const OPERATOR_ROLE = 'Operator';

type OperatorConfig = Pick<Config, 'authentication' | 'platformAuthenticates' | 'operatorKeys'>;

/**
 * Who operates: the name of the key in `x-operator-key`, or the object id of a signed-in caller with the role. A key that was sent
 * decides alone.
 */
export function operatorOf(
  { headers }: Pick<HttpRequest, 'headers'>,
  { authentication, platformAuthenticates, operatorKeys }: OperatorConfig,
): { kind: 'operator'; name: string } | Refusal {
  const key = headers.get('x-operator-key');
  if (key !== null && operatorKeys.length > 0) {
    const name = nameOf(key, operatorKeys);
    return name === undefined ? refusal('not-authenticated', 'The operator key is wrong.') : { kind: 'operator', name };
  }
  if (authentication === 'entra' && platformAuthenticates) {
    const principal = readPrincipal(headers.get('x-ms-client-principal'));
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
    return refusal('operator-keys-missing', 'Set OPERATOR_KEYS to a list of name:key to use the operator API.');
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
  readonly handle: (request: HttpRequest) => Promise<HttpResponseInit | Refusal>;
}

/** No id is longer. */
const MAX_TARGET_LENGTH = 128;

/** Registers routes for operators alone. The host lets everybody in: the check is ours. Every action leaves one line in the log. */
export function registerManageRoutes(app: Registrar, { config, log }: HttpDeps, routes: readonly ManageRoute[]): void {
  for (const { name, method, route, handle } of routes) {
    const asOperator = async (request: HttpRequest): Promise<HttpResponseInit | Refusal> => {
      const operator = operatorOf(request, config);
      if (operator.kind === 'refused') return operator;
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
