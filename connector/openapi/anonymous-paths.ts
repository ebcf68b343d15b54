import { Type } from '@sinclair/typebox';
import { DELIVERIES_QUEUE, POLLS_QUEUE, RETRIES_QUEUE } from '../../shared/deliveries/messages.ts';
import { jsonContent, type Content, type OpenApiOperation, type OpenApiPathItem } from './open-api-document.ts';
import { refusalReference } from './problem-responses.ts';

const count = Type.Integer({ minimum: 0 });
const health = Type.Object({
  status: Type.Unsafe<string>({ type: 'string', enum: ['healthy', 'degraded'] }),
  version: Type.String(),
  unreachableSince: Type.Optional(
    Type.String({ description: 'With degraded: since when a list of Customer Insights cannot be read.' }),
  ),
  poison: Type.Object({ [POLLS_QUEUE]: count, [DELIVERIES_QUEUE]: count, [RETRIES_QUEUE]: count }),
  warnings: Type.Optional(Type.Array(Type.String({ description: 'A warning about a setting.' }))),
});

const text = (type: string): Content => ({ [type]: { schema: { type: 'string' } } });
const object = { type: 'object' };

/** Anonymous routes. Their responses contain no secrets and no customer data. */
export const anonymousPaths: Readonly<Record<string, OpenApiPathItem>> = {
  '/health': {
    get: {
      ...open('GetHealth', 'Whether storage can be reached', 'service', jsonContent(health)),
      responses: {
        200: { description: 'Storage can be reached.', content: jsonContent(health) },
        503: refusalReference(503, 'Storage cannot be reached, or settings are missing or wrong.'),
      },
    },
  },
  '/openapi.json': { get: open('GetOpenApi', 'This description', 'service', jsonContent(object)) },
  '/connector/apiDefinition.swagger.json': {
    get: open('GetConnectorDefinition', 'The definition of the custom connector', 'service', jsonContent(object)),
  },
  '/connector/apiProperties.json': {
    get: {
      ...open('GetConnectorProperties', 'The properties of the custom connector', 'service', jsonContent(object)),
      responses: {
        200: { description: 'The properties.', content: jsonContent(object) },
        503: refusalReference(503, 'Ids of Entra are not set.'),
      },
    },
  },
  '/connector/icon.png': {
    get: open('GetConnectorIcon', 'The icon of the custom connector', 'service', text('image/png')),
  },
  '/connector/connector-solution.zip': {
    get: {
      ...open('GetConnectorSolution', 'The connector as a solution', 'service', text('application/zip')),
      responses: {
        200: { description: 'The solution.', content: text('application/zip') },
        503: refusalReference(503, 'Ids of Entra are not set.'),
      },
    },
  },
  '/connector/flows-solution.zip': {
    get: open('GetFlowsSolution', 'Four flows as a solution', 'service', text('application/zip')),
  },
  '/dashboard': {
    get: {
      ...open('GetDashboard', 'The dashboard of operators', 'dashboard', text('text/html')),
      responses: {
        200: { description: 'The page.', content: text('text/html') },
        308: { description: 'The page has the same URL without the slash at the end.' },
      },
    },
  },
  '/dashboard/assets/{name}': {
    get: {
      ...open('GetDashboardAsset', 'A script, style or icon of the dashboard', 'dashboard', {}),
      parameters: [
        {
          name: 'name',
          in: 'path',
          required: true,
          description: 'The file name of the asset, as the page refers to it.',
          schema: { type: 'string' },
        },
      ],
      responses: {
        200: {
          description: 'The asset.',
          content: { ...text('text/javascript'), ...text('text/css'), ...text('image/svg+xml') },
        },
        404: { description: 'There is no asset with this name.' },
      },
    },
  },
};

function open(operationId: string, summary: string, tag: string, content: Content): OpenApiOperation {
  return { operationId, summary, tags: [tag], security: [], responses: { 200: { description: summary, content } } };
}
