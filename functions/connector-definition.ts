import definition from '../connector/apiDefinition.swagger.json' with { type: 'json' };
import type { Config } from '../shared/config.ts';
import { safely } from './http.ts';
import type { Registrar } from './registrar.ts';

/** The connector definition with the address of this deployment, for "import from URL". Anonymous: it holds no secret. */
export function registerConnectorDefinition(app: Registrar, { config }: { config: Config }): void {
  const here = definitionAt(config.publicBaseUrl);
  app.http('ConnectorDefinition', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'connector/apiDefinition.swagger.json',
    handler: () => safely({ jsonBody: here }),
  });
}

function definitionAt(publicBaseUrl: string): object {
  const { host, pathname, protocol } = new URL(publicBaseUrl);
  const basePath = `${pathname.replace(/\/$/, '')}${definition.basePath}`;
  return { ...definition, host, basePath, schemes: [protocol.replace(':', '')] };
}
