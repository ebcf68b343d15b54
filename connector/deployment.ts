import { securityOf, type Access } from './document/access.ts';
import { connectorProperties, type ConnectorProperties } from './document/properties.ts';
import type { SwaggerDocument } from './document/swagger-document.ts';
import { BRAND_COLOR } from './icon/icon.ts';

/** One running backend, as far as its connector has to know it. */
export interface Deployment {
  /** Where the gateway finds it, without a slash at the end. */
  readonly publicBaseUrl: string;
  readonly access: Access;
  /** Whom makers ask. */
  readonly contactEmail?: string | undefined;
}

/** The connector of one deployment: its address, the one way to connect that it takes, and whom to ask. */
export function deployedConnector(
  definition: SwaggerDocument,
  { publicBaseUrl, access, contactEmail }: Deployment,
): { readonly definition: SwaggerDocument; readonly properties: ConnectorProperties } {
  const { host, pathname, protocol } = new URL(publicBaseUrl);
  const { name } = definition.info.contact;
  return {
    definition: {
      ...definition,
      info: { ...definition.info, ...(contactEmail !== undefined && { contact: { name, email: contactEmail } }) },
      host,
      basePath: `${pathname.replace(/\/$/, '')}${definition.basePath}`,
      schemes: [protocol.replace(':', '')],
      ...securityOf(access),
    },
    properties: connectorProperties(definition, BRAND_COLOR, access),
  };
}
