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
  config: Pick<Config, 'authentication' | 'platformAuthenticates'>,
): { kind: 'connection'; connection: string } | Refusal {
  if (config.authentication === 'key') {
    const key = request.headers.get('x-functions-key') ?? codeOf(request.query) ?? '';
    return { kind: 'connection', connection: key === '' ? LOCAL_CONNECTION : `key-${hash(key)}` };
  }
  const principal = config.platformAuthenticates
    ? readPrincipal(request.headers.get('x-ms-client-principal'))
    : undefined;
  if (principal === undefined)
    return refusal('not-authenticated', 'Sign in first: this service accepts Microsoft Entra ID only.');
  return { kind: 'connection', connection: `entra-${hash(`${principal.tenantId}/${principal.objectId}`)}` };
}

/** Which flow a subscribe call comes from, as far as the platform says. All of it is optional. */
export function subscriberOf(request: HttpRequest, connection: string): Subscriber {
  return {
    connection,
    workflowId: headerText(request, 'x-ms-workflow-id'),
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

/** The claims of a signed-in caller (learn.microsoft.com: work with user identities in Azure App Service authentication). */
function readPrincipal(header: string | null): { tenantId: string; objectId: string } | undefined {
  if (header === null) return undefined;
  try {
    const principal = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as {
      claims?: { typ?: unknown; val?: unknown }[];
    };
    const claim = (...types: string[]): string | undefined => {
      const found = principal.claims?.find(({ typ }) => types.includes(String(typ)))?.val;
      return typeof found === 'string' ? found : undefined;
    };
    const tenantId = claim('tid', 'http://schemas.microsoft.com/identity/claims/tenantid');
    const objectId = claim('oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier');
    return tenantId !== undefined && objectId !== undefined ? { tenantId, objectId } : undefined;
  } catch {
    return undefined;
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}
