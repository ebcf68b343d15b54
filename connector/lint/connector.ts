import type { ConnectorProperties } from '../document/properties.ts';
import type { SwaggerDocument } from '../document/swagger-document.ts';
import type { Picture } from '../icon/png.ts';

/** All that is handed to the platform. */
export interface Connector {
  readonly definition: SwaggerDocument;
  readonly properties: ConnectorProperties;
  readonly icon: Picture;
}
