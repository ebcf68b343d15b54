import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { HttpResponseInit } from '@azure/functions';
import type { Access } from '../connector/document/access.ts';
import type { SwaggerDocument } from '../connector/document/swagger-document.ts';
import type { Config } from '../shared/config.ts';
import { refusal, type Refusal } from '../shared/problem.ts';
import { problemResponse, withSafeHeaders } from './http.ts';
import type { Registrar } from './registrar.ts';

/** The relative path is correct for the bundle and for this source file. */
const ICON = path.join(import.meta.dirname, '../connector/icon.png');

/**
 * Registers routes for the files that a maker imports into Power Automate, filled in for this
 * deployment: the connector's definition, its properties, its icon, and two solutions (import
 * packages: one with the connector, one with sample flows). The routes are anonymous, because the
 * files contain no secret, and because Power Automate's import wizard loads the definition from its
 * URL without a key.
 */
export function registerConnectorDefinition(app: Registrar, { config }: { config: Config }): void {
  const { publicBaseUrl, contactEmail } = config;
  const serve = (name: string, route: string, respond: () => Result | Promise<Result>): void => {
    app.http(name, {
      methods: ['GET'],
      authLevel: 'anonymous',
      route,
      handler: async () => {
        const result = await respond();
        return withSafeHeaders('kind' in result ? problemResponse(result) : result);
      },
    });
  };
  serve('ConnectorDefinition', 'connector/apiDefinition.swagger.json', async () => {
    const { committed, deployedConnector } = await deployment();
    const access = accessOf(config);
    // The import wizard prompts for missing ids.
    const known: Access = access.kind === 'refused' ? { ...anyTenant, clientId: '', resource: '' } : access;
    return { jsonBody: deployedConnector(committed, { publicBaseUrl, access: known, contactEmail }).definition };
  });
  serve('ConnectorProperties', 'connector/apiProperties.json', async () => {
    const access = accessOf(config);
    if (access.kind === 'refused') return access;
    const { committed, deployedConnector } = await deployment();
    return { jsonBody: deployedConnector(committed, { publicBaseUrl, access, contactEmail }).properties };
  });
  serve('ConnectorIcon', 'connector/icon.png', async () => ({
    headers: { 'content-type': 'image/png' },
    body: await readFile(ICON),
  }));
  serve('ConnectorSolution', 'connector/connector-solution.zip', async () => {
    const access = accessOf(config);
    if (access.kind === 'refused') return access;
    const { connectorZip } = await solutions();
    const { committed } = await deployment();
    return zip(
      'connector-solution.zip',
      connectorZip({
        definition: committed,
        icon: await readFile(ICON),
        deployment: { publicBaseUrl, access, contactEmail },
      }),
    );
  });
  serve('ConnectorFlowsSolution', 'connector/flows-solution.zip', async () => {
    const { flowsZip } = await solutions();
    const { committed } = await deployment();
    return zip('flows-solution.zip', flowsZip(committed));
  });
}

type Result = HttpResponseInit | Refusal;

/** `organizations` is Entra's name for the accounts of all tenants. */
const anyTenant = { kind: 'entra', tenantId: 'organizations' } as const;

/**
 * Loads the definition that is committed in the repository, and the function that fills it in for
 * this deployment. This function and `solutions` import modules only when a request needs them, so
 * that the app starts faster.
 */
async function deployment() {
  const [{ default: definition }, { deployedConnector }] = await Promise.all([
    import('../connector/apiDefinition.swagger.json', { with: { type: 'json' } }),
    import('../connector/deployment.ts'),
  ]);
  return { committed: definition as unknown as SwaggerDocument, deployedConnector };
}

function solutions() {
  return import('../connector/solution/solutions.ts');
}

function zip(name: string, body: Uint8Array): HttpResponseInit {
  return {
    headers: { 'content-type': 'application/zip', 'content-disposition': `attachment; filename="${name}"` },
    body,
  };
}

/**
 * How a connection authenticates at this deployment. Returns a refusal when the settings lack an id
 * that the connector needs.
 */
function accessOf({ authentication, entra }: Config): Access | Refusal {
  if (authentication === 'key') return { kind: 'key' };
  const { tenantId, clientId, connectorClientId } = entra;
  if (tenantId === undefined || clientId === undefined) {
    const detail =
      'The connector of a service with AUTHENTICATION=entra needs the settings ENTRA_TENANT_ID and ENTRA_CLIENT_ID. Ask its operator to set them.';
    return refusal('settings-invalid', detail);
  }
  return { kind: 'entra', tenantId, clientId: connectorClientId ?? clientId, resource: `api://${clientId}` };
}
