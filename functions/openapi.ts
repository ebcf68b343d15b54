import type { Config } from '../shared/config.ts';
import { safely } from './http.ts';
import type { Registrar } from './registrar.ts';

/** The description of the whole HTTP API in OpenAPI 3.1, with the address of this deployment. Anonymous: it holds no secret. */
export function registerOpenApi(app: Registrar, { config }: { config: Pick<Config, 'publicBaseUrl'> }): void {
  app.http('OpenApi', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'openapi.json',
    handler: async () => {
      // Loaded when first asked for: an app that nobody asks starts no slower.
      const { default: document } = await import('../connector/openapi.json', { with: { type: 'json' } });
      return safely({ jsonBody: { ...document, servers: [{ url: `${config.publicBaseUrl}/api` }] } });
    },
  });
}
