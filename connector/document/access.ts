import type { SwaggerDocument } from './swagger-document.ts';

/**
 * The header of the functions host for its keys
 * (learn.microsoft.com/azure/azure-functions/function-keys-how-to).
 */
export const KEY_HEADER = 'x-functions-key';

/** How a connection authenticates. A backend accepts one kind and refuses the other. */
export type Access =
  | { readonly kind: 'key' }
  | {
      readonly kind: 'entra';
      readonly tenantId: string;
      /** Application id of the app registration that signs makers in. */
      readonly clientId: string;
      /** Application id URI of the app registration that stands for the backend. */
      readonly resource: string;
    };

const LOGIN = 'https://login.microsoftonline.com';

/** The security definitions of the connector for this kind of authentication. */
export function securityOf(access: Access): Pick<SwaggerDocument, 'security' | 'securityDefinitions'> {
  if (access.kind === 'key') {
    return {
      securityDefinitions: { apiKey: { type: 'apiKey', in: 'header', name: KEY_HEADER } },
      security: [{ apiKey: [] }],
    };
  }
  // Not `common`, which refuses an app registration for a single tenant (AADSTS50194).
  const authority = `${LOGIN}/${access.tenantId}/oauth2`;
  return {
    securityDefinitions: {
      entraId: {
        type: 'oauth2',
        flow: 'accessCode',
        authorizationUrl: `${authority}/authorize`,
        tokenUrl: `${authority}/token`,
        scopes: {},
      },
    },
    security: [{ entraId: [] }],
  };
}

/**
 * The inputs of the form that creates a connection
 * (learn.microsoft.com/connectors/custom-connectors/connection-parameters).
 */
export function connectionParametersOf(access: Access): Readonly<Record<string, ConnectionParameter>> {
  if (access.kind === 'key') return { api_key: apiKey };
  return {
    token: {
      type: 'oauthSetting',
      oAuthSettings: {
        identityProvider: 'aad',
        clientId: access.clientId,
        scopes: [],
        redirectMode: 'GlobalPerConnector',
        redirectUrl: 'https://global.consent.azure-apim.net/redirect/customer-data-triggers',
        properties: { IsFirstParty: 'False' },
        customParameters: {
          loginUri: { value: LOGIN },
          tenantId: { value: access.tenantId },
          resourceUri: { value: access.resource },
        },
      },
    },
    'token:TenantId': {
      type: 'string',
      metadata: { sourceType: 'AzureActiveDirectoryTenant' },
      uiDefinition: { constraints: { required: 'false', hidden: 'true' } },
    },
  };
}

/** One input of the form that creates a connection, or the sign-in. */
export interface ConnectionParameter {
  readonly type: string;
  readonly uiDefinition?: {
    readonly constraints?: { readonly required?: string; readonly [more: string]: unknown };
    readonly [more: string]: unknown;
  };
  readonly oAuthSettings?: {
    readonly redirectMode?: string;
    readonly redirectUrl?: string;
    readonly [more: string]: unknown;
  };
  readonly metadata?: object;
}

const apiKey: ConnectionParameter = {
  type: 'securestring',
  uiDefinition: {
    displayName: 'API key',
    description: 'A key of the function app. Connections with the same key share their subscriptions.',
    tooltip: 'Ask the operator of the service for a key.',
    constraints: { tabIndex: 2, clearText: false, required: 'true' },
  },
};
