import type { ConnectorProperties } from '../document/properties.ts';
import type { SwaggerDocument } from '../document/swagger-document.ts';
import type { Picture } from './decode-png.ts';

/** The files that the platform receives. */
export interface Connector {
  readonly definition: SwaggerDocument;
  readonly properties: ConnectorProperties;
  readonly icon: Picture;
}
