import { securityOf, type Access } from './document/access.ts';
import { connectorProperties, type ConnectorProperties } from './document/properties.ts';
import type { SwaggerDocument } from './document/swagger-document.ts';
import { BRAND_COLOR } from './brand-color.ts';

/** The properties of a running backend that its connector needs. */
export interface Deployment {
  /** The URL of the backend, without a slash at the end. */
  readonly publicBaseUrl: string;
  readonly access: Access;
  /** The address that makers can contact. */
  readonly contactEmail?: string | undefined;
}

/** The connector of one deployment, with its URL, its kind of authentication and its contact. */
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
