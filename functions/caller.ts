import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import type { Subscriber } from '../shared/subscriptions/subscription-draft.ts';

/** The connection id of callers without a key. Only a host on a developer's machine admits them. */
const LOCAL_CONNECTION = 'local';

/**
 * Identifies the caller's connection by the hash of the key in the request, or by the account that
 * App Service authentication reports.
 */
export function connectionOf(
  request: HttpRequest,
  config: Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants'>,
): { kind: 'connection'; connection: string } | Refusal {
  if (config.authentication === 'key') {
    const key = request.headers.get('x-functions-key') ?? keyInQuery(request.query) ?? '';
    // If the header occurs several times, the host checks only the first key, but passes on all
    // keys separated by commas. The further keys would change the hash, and with it the connection.
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
 * Whether a page of another origin made the browser send this request. The browser would add the
 * signed-in user's cookie, so the page could act as that user. Only browsers send the header
 * `Sec-Fetch-Site` (w3.org/TR/fetch-metadata), so a request without it does not come from such a
 * page.
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
 * The flow that sends a subscribe call, according to the headers of Power Automate, which calls a
 * flow a workflow. All of these headers are optional.
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
 * The key in the query parameter `code`. The host ignores the case of the name, so it accepts the
 * key in `?CODE=` too.
 */
function keyInQuery(query: URLSearchParams): string | undefined {
  return [...query].find(([name]) => name.toLowerCase() === 'code')?.[1];
}

function headerText(request: HttpRequest, name: string): string | undefined {
  const value = request.headers.get(name)?.trim().slice(0, 512);
  return value === '' ? undefined : value;
}

/** An account that has signed in with Microsoft Entra ID. */
export interface Principal {
  readonly tenantId: string;
  readonly objectId: string;
  /** App roles that were assigned to the caller. */
  readonly roles: readonly string[];
}

/**
 * The signed-in user, from the header `x-ms-client-principal` of App Service authentication.
 * Returns `undefined` if the user's tenant is not allowed. Also returns `undefined` if App Service
 * authentication is off, because any client could then forge the header.
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
 * Reads the claims `tid` (tenant), `oid` (account) and `roles`, which access tokens of versions 1.0
 * and 2.0 contain (learn.microsoft.com/entra/identity-platform/access-token-claims-reference). App
 * Service may map these claims to longer names, so those are read too ("Perform validations from
 * application code" in
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
