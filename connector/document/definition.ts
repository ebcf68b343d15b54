import { securityOf } from './access.ts';
import { annotated } from './annotated.ts';
import { entityPaths } from './entity-paths.ts';
import { eventPaths } from './event-paths.ts';
import { itemPaths } from './item-paths.ts';
import { partitionPaths } from './partition-paths.ts';
import { pickListPaths } from './pick-list-paths.ts';
import { previewPaths } from './preview-paths.ts';
import { statusReportPath } from './status-report-path.ts';
import { subscriptionPaths } from './subscription-paths.ts';
import type { SwaggerDocument } from './swagger-document.ts';
import { triggerPaths } from './trigger-paths.ts';

/**
 * The definition of the connector. Host and web sites are placeholders in a domain that nobody can
 * register (RFC 2606), so that no key can be sent to a third party. A running backend serves the
 * definition with its own host.
 */
export function connectorDefinition(version: string): SwaggerDocument {
  return {
    swagger: '2.0',
    info: {
      title: 'Customer Data Triggers',
      description:
        'Starts a flow the moment something happens in Dynamics 365 Customer Insights: a refresh has ended, or a segment or measure has crossed a threshold. Reads and writes its data as well.',
      version,
      contact: { name: 'The operator of this service', url: 'https://your-organization.example/support' },
    },
    host: 'your-function-app.example',
    basePath: '/api',
    schemes: ['https'],
    consumes: ['application/json'],
    produces: ['application/json'],
    paths: annotated({
      ...triggerPaths(),
      ...subscriptionPaths,
      ...previewPaths,
      ...eventPaths,
      ...pickListPaths,
      ...entityPaths,
      ...itemPaths,
      ...partitionPaths,
      ...statusReportPath,
    }),
    // The backend's default.
    ...securityOf({ kind: 'key' }),
    'x-ms-capabilities': { testConnection: { operationId: 'ListInstances' } },
    'x-ms-connector-metadata': [
      { propertyName: 'Website', propertyValue: 'https://your-organization.example' },
      { propertyName: 'Privacy policy', propertyValue: 'https://your-organization.example/privacy' },
      { propertyName: 'Categories', propertyValue: 'Data;Marketing' },
    ],
  };
}
