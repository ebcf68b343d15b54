import { createHash } from 'node:crypto';
import type { HttpRequest } from '@azure/functions';
import type { Config } from '../shared/config.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import type { Subscriber } from '../shared/subscriptions/subscription-draft.ts';

/** The connection of callers without a key, where the host does not ask for one. */
const LOCAL_CONNECTION = 'local';

/** Who is calling: the hash of the key that was sent, or the principal that App Service authentication vouches for. */
export function connectionOf(
  request: HttpRequest,
  config: Pick<Config, 'authentication' | 'platformAuthenticates' | 'allowedTenants'>,
): { kind: 'connection'; connection: string } | Refusal {
  if (config.authentication === 'key') {
    const key = request.headers.get('x-functions-key') ?? codeOf(request.query) ?? '';
    // Of several keys the host looks at the first alone, and hands on all with commas between: anything behind the first would make another connection of it.
    if (key.includes(',')) return refusal('not-authenticated', 'Send the key once. A key must not hold a comma.');
    return { kind: 'connection', connection: key === '' ? LOCAL_CONNECTION : `key-${hash(key)}` };
  }
  const principal = principalOf(request, config);
  if (principal === undefined)
    return refusal('not-authenticated', 'Sign in first: this service accepts Microsoft Entra ID only.');
  if (request.method !== 'GET' && isOfAnotherSite(request)) return ofAnotherSite();
  return { kind: 'connection', connection: `entra-${hash(`${principal.tenantId}/${principal.objectId}`)}` };
}

/**
 * Whether a browser says that it was told to make the call by a page of another origin: it sends the cookie of whoever is signed in all the
 * same. Only browsers say anything (w3.org/TR/fetch-metadata).
 */
export function isOfAnotherSite({ headers }: Pick<HttpRequest, 'headers'>): boolean {
  return !['same-origin', 'none'].includes(headers.get('sec-fetch-site') ?? 'none');
}

export function ofAnotherSite(): Refusal {
  return refusal('cross-site-call', 'A page of another site may not act here in the name of who is signed in.');
}

/** Which flow a subscribe call comes from, as far as the platform says. All of it is optional. */
export function subscriberOf(request: HttpRequest, connection: string): Subscriber {
  return {
    connection,
    workflowId: headerText(request, 'x-ms-workflow-id'),
    workflowName: headerText(request, 'x-ms-workflow-name'),
    operationName: headerText(request, 'x-ms-workflow-operation-name'),
    environmentId: headerText(request, 'x-ms-environment-id') ?? headerText(request, 'x-ms-client-environment-id'),
  };
}

/** The host knows no case in the names of query parameters: whoever it lets in with `?CODE=` has that key. */
function codeOf(query: URLSearchParams): string | undefined {
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
 * Who is signed in, as App Service authentication says. Undefined where the platform does not authenticate, because anybody can send the
 * header there, and for an account of a tenant that is not allowed.
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
 * The claims of a token of version 1 or 2 (learn.microsoft.com/entra/identity-platform/access-token-claims-reference: both carry `tid`,
 * `oid` and `roles`), under the token's own names or under those that App Service maps them to ("Perform validations from application
 * code" of learn.microsoft.com/azure/app-service/configure-authentication-provider-aad).
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
