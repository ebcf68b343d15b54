import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { MIN_OPERATOR_KEY_LENGTH } from '../shared/operator-keys.ts';
import type { ActionResult } from '../shared/operations/audit-log.ts';
import { problems, refusal, type Refusal } from '../shared/problem.ts';
import { ignoreStorageError } from '../shared/storage/ignore-storage-error.ts';
import { isCrossSite, crossSiteRefusal, principalOf } from './caller.ts';
import { httpHandler, readJson } from './http.ts';
import { unknownParameter } from './query.ts';
import type { Registrar } from './registrar.ts';
import type { HttpDeps } from './authenticated.ts';

/** The Entra app roles of the operator API: one allows everything, the other only reading. */
const OPERATOR_ROLE = 'Operator';
const READER_ROLE = 'Operator.Read';

type OperatorConfig = Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants' | 'operatorKeys'>;

export interface IdentifiedOperator {
  readonly kind: 'operator';
  readonly name: string;
  /** With `read`, every call that may change something is refused. */
  readonly access: 'all' | 'read';
}

/**
 * The request has a key that is not configured. The key may be a guess, so it counts towards the
 * limit on wrong keys.
 */
interface WrongKey {
  readonly kind: 'wrong-key';
  readonly refused: Refusal;
}

/**
 * Identifies the operator by the key in `x-operator-key`, or by the Entra account and its roles.
 * When the request has a key and keys are configured, the account is ignored. When no keys are
 * configured, the key is ignored.
 */
export function identifyOperator(
  request: Pick<HttpRequest, 'headers'>,
  config: OperatorConfig,
): IdentifiedOperator | WrongKey | Refusal {
  const { authentication, platformAuthenticates, operatorKeys } = config;
  const key = request.headers.get('x-operator-key');
  if (key !== null && operatorKeys.length > 0) {
    const found = findKey(key, operatorKeys);
    if (found !== undefined) return { kind: 'operator', name: found.name, access: found.access };
    const detail =
      key.length < MIN_OPERATOR_KEY_LENGTH
        ? `The operator key is wrong: keys have at least ${MIN_OPERATOR_KEY_LENGTH} characters.`
        : 'The operator key is wrong.';
    return key === ''
      ? refusal('not-authenticated', detail)
      : { kind: 'wrong-key', refused: refusal('not-authenticated', detail) };
  }
  if (authentication === 'entra' && platformAuthenticates) {
    const principal = principalOf(request, config);
    if (principal?.roles.includes(OPERATOR_ROLE)) return { kind: 'operator', name: principal.objectId, access: 'all' };
    if (principal?.roles.includes(READER_ROLE)) return { kind: 'operator', name: principal.objectId, access: 'read' };
    if (principal) {
      return refusal(
        'operator-role-missing',
        `You need the app role ${OPERATOR_ROLE} of this service, or ${READER_ROLE} to read. Ask an administrator for it, then sign in again.`,
      );
    }
    const detail =
      operatorKeys.length === 0
        ? `Sign in first, with an account that has the app role ${OPERATOR_ROLE}. This service has no operator keys.`
        : 'Sign in first, or send an operator key in the header x-operator-key.';
    return refusal('not-authenticated', detail);
  }
  if (operatorKeys.length === 0) {
    return refusal(
      'operator-keys-missing',
      `Set OPERATOR_KEYS to a list of name:key to use the operator API; a key has at least ${MIN_OPERATOR_KEY_LENGTH} characters.`,
    );
  }
  return refusal('not-authenticated', 'Send an operator key in the header x-operator-key.');
}

/**
 * Compares the hash of `key` with the hash of every operator key, so that the response time reveals
 * nothing about the keys.
 */
function findKey(
  key: string,
  operatorKeys: OperatorConfig['operatorKeys'],
): OperatorConfig['operatorKeys'][number] | undefined {
  const sent = sha256(key);
  return operatorKeys.filter(({ key: expected }) => timingSafeEqual(sha256(expected), sent))[0];
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** One route of the operator API. */
export interface ManageRoute {
  /**
   * The name of the Azure function. The Functions host matches routes in the alphabetical order of
   * these names.
   */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly route: string;
  /** The query parameters that the call accepts. Default: none. */
  readonly query?: readonly string[];
  /**
   * How to check the JSON body of the call, and a valid example for error texts. Default: the call
   * has no body. `check` only decides whether the audit log keeps the body, because an invalid one
   * may contain anything, even a secret. `handle` receives every body and checks it again.
   */
  readonly body?: {
    readonly check: (body: unknown) => { readonly kind: 'valid' | 'invalid' };
    readonly example: string;
  };
  /** Whether a call with this body changes nothing. Default: every call may change something. */
  readonly onlyReads?: (body: unknown) => boolean;
  readonly handle: (request: HttpRequest, body?: unknown) => Promise<HttpResponseInit | Refusal>;
  /** The recovery that a response names. The entry in the audit log then names it too. */
  readonly recoveryIdOf?: (response: HttpResponseInit) => string | undefined;
}

/**
 * The form of ids and queue names in a path, which the audit log keeps as the target of the action.
 * It keeps no other text from the path, because that may be a secret, such as a callback URL.
 */
const TARGET = /^[\w-]{1,128}$/;

/**
 * Counts a wrong key and refuses it. Each wrong key is logged until the client's address exceeds
 * the limit, which is logged once. Only wrong keys are counted, so a correct key is accepted even
 * from an address that has exceeded the limit.
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
 * The client's IP address, from the header `x-forwarded-for`. App Service appends the address that
 * it sees. The client may have forged everything before that. Returns `unknown` if the header has
 * no address, because the app does not run behind App Service.
 */
export function clientAddress(headers: Pick<Headers, 'get'>): string {
  const last = headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  const [, bracketed, v4] = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::\d+)?$/i.exec(last) ?? [];
  const address = bracketed ?? v4 ?? last;
  return isIP(address) === 0 ? 'unknown' : address;
}

/**
 * Registers routes of the operator API. For the host the routes are anonymous, so this code
 * identifies the operator. Every call that may change something is recorded in the audit log before
 * it takes effect, and in the app's log afterwards.
 */
export function registerManageRoutes(app: Registrar, deps: HttpDeps, routes: readonly ManageRoute[]): void {
  const { config, log } = deps;
  for (const route of routes) {
    const { name, method, query = [] } = route;
    const asOperator = async (request: HttpRequest): Promise<HttpResponseInit | Refusal> => {
      const operator = identifyOperator(request, config);
      if (operator.kind === 'wrong-key') return refuseWrongKey(deps, operator.refused, request, name);
      if (operator.kind === 'refused') return operator;
      const unknown = unknownParameter(request.query, query);
      if (unknown) return unknown;
      if (method === 'GET') return withAccess(await route.handle(request), operator);
      if (isCrossSite(request)) return crossSiteRefusal();
      const read =
        route.body === undefined
          ? { kind: 'json' as const, body: undefined }
          : await readJson(request, { name: 'The body', example: route.body.example });
      if (read.kind === 'refused') return read;
      if (route.onlyReads?.(read.body)) return route.handle(request, read.body);
      if (operator.access === 'read') return readOnly();
      return runAudited(deps, route, operator, request, read.body);
    };
    app.http(name, {
      methods: [method],
      authLevel: 'anonymous',
      route: route.route,
      handler: httpHandler(log, asOperator),
    });
  }
}

/** The dashboard reads from this header which actions would be refused, and does not offer them. */
const ACCESS_HEADER = 'x-operator-access';

function withAccess(response: HttpResponseInit | Refusal, { access }: IdentifiedOperator): HttpResponseInit | Refusal {
  if ('kind' in response) return response;
  const headers = response.headers as Record<string, string> | undefined;
  return { ...response, headers: { ...headers, [ACCESS_HEADER]: access } };
}

function readOnly(): Refusal {
  return refusal(
    'operator-read-only',
    `Your operator key or role may only read. To change something, use a key without :read: or the app role ${OPERATOR_ROLE}.`,
  );
}

/**
 * Runs one action: begins its entry in the audit log, calls the handler, and adds the result to the
 * entry.
 */
async function runAudited(
  { log, backend }: HttpDeps,
  { name, body: expected, handle, recoveryIdOf }: ManageRoute,
  operator: IdentifiedOperator,
  request: HttpRequest,
  body: unknown,
): Promise<HttpResponseInit | Refusal> {
  const target = Object.values(request.params).find((id) => TARGET.test(id));
  const action = { operator: operator.name, action: name, ...(target !== undefined && { target }) };
  const isKept = expected?.check(body).kind === 'valid';
  const entry = await backend.audit.begin({ ...action, ...(isKept && { body }) });
  let result: ActionResult | undefined;
  try {
    const response = await handle(request, body);
    result =
      'kind' in response
        ? { status: problems[response.code].status, code: response.code }
        : { status: response.status ?? 200, recoveryId: recoveryIdOf?.(response) };
    return response;
  } finally {
    // If the status is absent, the action threw an error and may be partly done.
    log.info('operator.acted', { ...action, status: result?.status });
    // The action is done, so its response does not depend on whether the result can be stored.
    if (result !== undefined) await backend.audit.finish(entry, result).catch(ignoreStorageError);
  }
}
