import { KEY_HEADER } from './definition.ts';
import type { SwaggerDocument } from './swagger-document.ts';
import { operationsOf } from './operations.ts';

/** What `apiProperties.json` says beside the definition (learn.microsoft.com/connectors/custom-connectors/connection-parameters). */
export interface ConnectorProperties {
  readonly properties: {
    readonly connectionParameters: object;
    readonly connectionParameterSets: {
      readonly uiDefinition: object;
      readonly values: readonly { readonly name: string; readonly uiDefinition: object; readonly parameters: object }[];
    };
    readonly iconBrandColor: string;
    readonly capabilities: readonly string[];
    readonly publisher: string;
    readonly policyTemplateInstances: readonly PolicyTemplateInstance[];
  };
}

interface PolicyTemplateInstance {
  readonly templateId: string;
  readonly title: string;
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
}

/** Stands for the ids of an app registration of one's own: the platform refuses it, so it cannot be forgotten. */
const NOT_SET = '00000000-0000-0000-0000-000000000000';

/** Two ways to connect. Where the definition says that there is more (`x-ms-pageable`), a policy leads the link through the gateway. */
export function connectorProperties(definition: SwaggerDocument, iconBrandColor: string): ConnectorProperties {
  return {
    properties: {
      connectionParameters: {},
      connectionParameterSets: {
        uiDefinition: { displayName: 'Authentication type', description: 'How flows are known to the service.' },
        values: [apiKey, entraId],
      },
      iconBrandColor,
      capabilities: ['actions', 'triggers'],
      publisher: 'The customer-insights-triggers authors',
      policyTemplateInstances: [keyHeader, ...nextLinks(definition)],
    },
  };
}

const apiKey = {
  name: 'api-key',
  uiDefinition: {
    displayName: 'API key',
    description: 'Whoever has the same key sees the same subscriptions.',
  },
  parameters: {
    api_key: {
      type: 'securestring',
      uiDefinition: {
        displayName: 'API key',
        description: 'A key of the function app.',
        tooltip: 'Ask the operator of the service for a key.',
        constraints: { tabIndex: 2, clearText: false, required: 'true' },
      },
    },
  },
};

const entraId = {
  name: 'entra-id',
  uiDefinition: {
    displayName: 'Microsoft Entra ID',
    description: 'Sign in: everybody sees the own subscriptions only.',
  },
  parameters: {
    token: {
      type: 'oauthSetting',
      oAuthSettings: {
        identityProvider: 'aad',
        clientId: NOT_SET,
        scopes: [],
        redirectMode: 'GlobalPerConnector',
        redirectUrl: 'https://global.consent.azure-apim.net/redirect/customer-data-triggers',
        properties: { IsFirstParty: 'False' },
        customParameters: {
          loginUri: { value: 'https://login.microsoftonline.com' },
          tenantId: { value: 'common' },
          resourceUri: { value: `api://${NOT_SET}` },
        },
      },
      uiDefinition: {
        displayName: 'Microsoft Entra ID',
        description: 'Sign in with a work account.',
        tooltip: 'The account has to be one that the service lets in.',
        constraints: { required: 'true' },
      },
    },
    'token:TenantId': {
      type: 'string',
      metadata: { sourceType: 'AzureActiveDirectoryTenant' },
      uiDefinition: { constraints: { required: 'false', hidden: 'true' } },
    },
  },
};

/** With several ways to connect, no rule says that the gateway finds the header of a key by the definition alone. */
const keyHeader: PolicyTemplateInstance = {
  templateId: 'setheader',
  title: `Send the key as ${KEY_HEADER}`,
  parameters: {
    'x-ms-apimTemplate-policySection': 'Request',
    'x-ms-apimTemplateParameter.name': KEY_HEADER,
    'x-ms-apimTemplateParameter.value': "@connectionParameters('api_key','')",
    'x-ms-apimTemplateParameter.existsAction': 'skip',
  },
};

function nextLinks(definition: SwaggerDocument): PolicyTemplateInstance[] {
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
