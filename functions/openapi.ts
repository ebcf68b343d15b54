import type { Config } from '../shared/config.ts';
import { withSafeHeaders } from './http.ts';
import type { Registrar } from './registrar.ts';

/**
 * Registers the OpenAPI 3.1 description of the HTTP API, with the URL of this deployment. The
 * description contains no secret, so the route is anonymous.
 */
export function registerOpenApi(app: Registrar, { config }: { config: Pick<Config, 'publicBaseUrl'> }): void {
  app.http('OpenApi', {
    methods: ['GET'],
    authLevel: 'anonymous',
    route: 'openapi.json',
    handler: async () => {
      // Loaded on the first request, so that it does not slow down the start of the app.
      const { default: document } = await import('../connector/openapi.json', { with: { type: 'json' } });
      return withSafeHeaders({ jsonBody: { ...document, servers: [{ url: `${config.publicBaseUrl}/api` }] } });
    },
  });
}
