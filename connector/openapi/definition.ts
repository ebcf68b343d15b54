import { callbackSchemas } from '../../shared/deliveries/attempt/callback-schemas.ts';
import { triggerNames, triggers } from '../../shared/triggers/trigger.ts';
import { KEY_HEADER, securityOf } from '../document/access.ts';
import { connectorDefinition } from '../document/definition.ts';
import { operationsOf } from '../document/operations.ts';
import { subscriptionSchema } from '../document/subscription-paths.ts';
import type { SwaggerDocument } from '../document/swagger-document.ts';
import { anonymousPaths } from './anonymous-paths.ts';
import { fromSwagger, withoutHints } from './from-swagger.ts';
import type { OpenApiDocument, OpenApiPathItem } from './open-api-document.ts';
import { operatorPaths } from './operator-paths.ts';
import { problemResponses, problemSchema } from './problem-responses.ts';
import { withAllOfTriggers } from './trigger-paths.ts';
import { webhooks } from './webhooks.ts';

/** Schemas that are used more than once, by name. */
const schemas: Readonly<Record<string, object>> = {
  Problem: problemSchema,
  Subscription: withoutHints(subscriptionSchema) as object,
  ...Object.fromEntries(triggerNames.map((trigger) => [triggers[trigger].operationId, callbackSchemas[trigger]])),
};

/**
 * The whole HTTP API in OpenAPI 3.1, generated from the connector's definition and the schemas that
 * validate requests. The server is a placeholder. A running backend serves the document with its
 * own URL.
 */
export function openApiDefinition(version: string): OpenApiDocument {
  const connector = connectorDefinition(version);
  const paths = { ...clientPaths(connector), ...operatorPaths(), ...anonymousPaths };
  return {
    openapi: '3.1.1',
    info: {
      title: 'Customer Data Triggers',
      description:
        'Starts a flow the moment something happens in Dynamics 365 Customer Insights. Query parameters that a call does not have are refused. An optional property of a body that is null or an empty text counts as absent. A part of a path that holds a reserved character is best percent-encoded twice.',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: `https://${connector.host}${connector.basePath}` }],
    tags: [
      { name: 'triggers', description: 'Subscriptions of flows, and previews of thresholds.' },
      { name: 'data', description: 'Data of an instance, and lists to choose from.' },
      { name: 'operators', description: 'For the people who run the service.' },
      { name: 'dashboard', description: 'A page over the operator API.' },
      { name: 'service', description: 'Anonymous routes.' },
      { name: 'callbacks', description: 'What the service sends to flows.' },
    ],
    security: [{ functionsKey: [] }, { functionsKeyInQuery: [] }, { entraId: [] }],
    paths: referring(paths) as OpenApiDocument['paths'],
    webhooks: referring(webhooks()) as OpenApiDocument['webhooks'],
    components: {
      schemas,
      responses: problemResponses(),
      securitySchemes: {
        functionsKey: { type: 'apiKey', in: 'header', name: KEY_HEADER, description: 'With AUTHENTICATION=key.' },
        functionsKeyInQuery: { type: 'apiKey', in: 'query', name: 'code', description: 'The same, for links.' },
        operatorKey: { type: 'apiKey', in: 'header', name: 'x-operator-key', description: 'One of OPERATOR_KEYS.' },
        entraId: {
          type: 'oauth2',
          description: 'With AUTHENTICATION=entra. Operators need the app role Operator.',
          flows: { authorizationCode: entraFlow() },
        },
      },
    },
  };
}

const anyTenant = securityOf({ kind: 'entra', tenantId: 'common', clientId: '', resource: '' });

function entraFlow(): object {
  const { authorizationUrl, tokenUrl, scopes } = anyTenant.securityDefinitions['entraId'] as Record<string, unknown>;
  return { authorizationUrl, tokenUrl, scopes };
}

function clientPaths(connector: SwaggerDocument): Record<string, OpenApiPathItem> {
  const paths: Record<string, OpenApiPathItem> = {};
  for (const { path, method, operation } of operationsOf({ paths: withAllOfTriggers(connector.paths) })) {
    const tag = path.startsWith('/triggers/') ? 'triggers' : 'data';
    paths[path] = { ...paths[path], [method]: fromSwagger(operation, tag) };
  }
  return paths;
}

/** Replaces every named schema with a reference to it. */
function referring(value: unknown): unknown {
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  // Converting to JSON text and back drops TypeBox's symbols.
  const walk = (each: unknown): unknown => {
    if (typeof each !== 'object' || each === null) return each;
    const name = names.get(JSON.stringify(each));
    if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
    if (Array.isArray(each)) return each.map(walk);
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, walk(inner)]));
  };
  return walk(value);
}
