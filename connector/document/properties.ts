import { connectionParametersOf, type Access, type ConnectionParameter } from './access.ts';
import type { SwaggerDocument } from './swagger-document.ts';
import { operationsOf } from './operations.ts';

/**
 * The content of `apiProperties.json`
 * (learn.microsoft.com/connectors/custom-connectors/connection-parameters).
 */
export interface ConnectorProperties {
  readonly properties: {
    readonly connectionParameters: Readonly<Record<string, ConnectionParameter>>;
    readonly iconBrandColor: string;
    readonly capabilities: readonly string[];
    readonly publisher: string;
    readonly policyTemplateInstances: readonly PolicyTemplateInstance[];
  };
}

export interface PolicyTemplateInstance {
  readonly templateId: string;
  readonly title: string;
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
}

/**
 * The properties with the one kind of authentication that the backend accepts. For paged operations
 * (`x-ms-pageable`), a policy rewrites the next link so that it goes through the gateway.
 */
export function connectorProperties(
  definition: Pick<SwaggerDocument, 'paths'>,
  iconBrandColor: string,
  access: Access,
): ConnectorProperties {
  return {
    properties: {
      connectionParameters: connectionParametersOf(access),
      iconBrandColor,
      capabilities: ['actions', 'triggers'],
      publisher: 'The customer-insights-triggers authors',
      policyTemplateInstances: nextLinks(definition),
    },
  };
}

function nextLinks(definition: Pick<SwaggerDocument, 'paths'>): PolicyTemplateInstance[] {
  const byName = new Map<string, string[]>();
  for (const { operation } of operationsOf(definition)) {
    const name = operation['x-ms-pageable']?.nextLinkName;
    if (name !== undefined) byName.set(name, [...(byName.get(name) ?? []), operation.operationId]);
  }
  return [...byName].map(([name, operationIds]) => ({
    templateId: 'updatenextlink',
    title: `Lead ${name} through the gateway`,
    parameters: {
      'x-ms-apimTemplate-operationName': operationIds,
      'x-ms-apimTemplateParameter.nextLinkPropertyName': name,
    },
  }));
}
