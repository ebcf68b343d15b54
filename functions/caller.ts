import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import type { Subscriber } from '../shared/subscriptions/subscription-draft.ts';

/** The connection of callers without a key, when the host does not require a key. */
const LOCAL_CONNECTION = 'local';

/**
 * Identifies the caller's connection: by the hash of the key in the request, or by the principal
 * from App Service authentication.
 */
export function connectionOf(
  request: HttpRequest,
  config: Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants'>,
): { kind: 'connection'; connection: string } | Refusal {
  if (config.authentication === 'key') {
    const key = request.headers.get('x-functions-key') ?? keyInQuery(request.query) ?? '';
    // The host checks only the first of several keys, but passes on all of them with commas
    // between. Text after the first key would make a different connection.
    if (key.includes(',')) return refusal('not-authenticated', 'Send exactly one key. A key must not contain a comma.');
    return { kind: 'connection', connection: key === '' ? LOCAL_CONNECTION : `key-${hash(key)}` };
  }
  const principal = principalOf(request, config);
  if (principal === undefined)
    return refusal('not-authenticated', 'Sign in first: this service accepts Microsoft Entra ID only.');
  if (request.method !== 'GET' && isCrossSite(request)) return crossSiteRefusal();
  return { kind: 'connection', connection: `entra-${hash(`${principal.tenantId}/${principal.objectId}`)}` };
}

/**
 * Whether a page of another origin made the browser send this request. The browser adds the cookie
 * of the signed-in user to such a request too. Only browsers send the header
 * (w3.org/TR/fetch-metadata).
 */
export function isCrossSite({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  return !['same-origin', 'none'].includes(headers.get('sec-fetch-site') ?? 'none');
}

export function crossSiteRefusal(): Refusal {
  return refusal(
    'cross-site-call',
    'A page of another site must not make changes here on behalf of the signed-in user.',
  );
}

/**
 * The flow that a subscribe call comes from, according to the platform's headers. All of them are
 * optional.
 */
export function subscriberOf(request: HttpRequest, connection: string): Subscriber {
  return {
    connection,
    workflowId: headerText(request, 'x-ms-workflow-id'),
    workflowName: headerText(request, 'x-ms-workflow-name'),
    operationName: headerText(request, 'x-ms-workflow-operation-name'),
    environmentId: headerText(request, 'x-ms-environment-id') ?? headerText(request, 'x-ms-client-environment-id'),
  };
}

/**
 * The key in the query. The host ignores the case of parameter names, so a call with `?CODE=` is
 * authenticated by that key.
 */
function keyInQuery(query: URLSearchParams): string | undefined {
  return [...query].find(([name]) => name.toLowerCase() === 'code')?.[1];
}

function headerText(request: HttpRequest, name: string): string | undefined {
  const value = request.headers.get(name)?.trim().slice(0, 512);
  return value === '' ? undefined : value;
}

export interface Principal {
  readonly tenantId: string;
  readonly objectId: string;
  /** App roles that were assigned to the caller. */
  readonly roles: readonly string[];
}

/**
 * The signed-in user according to App Service authentication. Returns `undefined` for an account of
 * a tenant that is not allowed. Also returns `undefined` when the platform does not authenticate,
 * because any client could then send the header.
 */
export function principalOf(
  { headers }: Pick<HttpRequest, 'headers'>,
  { platformAuthenticates, allowedTenants }: Pick<Config, 'platformAuthenticates' | 'allowedTenants'>,
): Principal | undefined {
  const principal = platformAuthenticates ? readPrincipal(headers.get('x-ms-client-principal')) : undefined;
  if (principal === undefined) return undefined;
  return allowedTenants.size === 0 || allowedTenants.has(principal.tenantId.toLowerCase()) ? principal : undefined;
}

/**
 * Reads `tid`, `oid` and `roles`, which tokens of version 1 and 2 contain
 * (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). App Service may map
 * the claims to other names, which are read too ("Perform validations from application code" of
 * learn.microsoft.com/azure/app-service/configure-authentication-provider-aad).
 */
function readPrincipal(header: string | null): Principal | undefined {
  if (header === null) return undefined;
  try {
    const principal = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as {
      claims?: { typ?: unknown; val?: unknown }[];
    };
    const claims = (...types: string[]): string[] =>
      (principal.claims ?? []).flatMap(({ typ, val }) =>
        types.includes(String(typ)) && typeof val === 'string' && val !== '' ? [val] : [],
      );
    const [tenantId] = claims('tid', 'http://schemas.microsoft.com/identity/claims/tenantid');
    const [objectId] = claims('oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier');
    const roles = claims('roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role');
    return tenantId !== undefined && objectId !== undefined ? { tenantId, objectId, roles } : undefined;
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
