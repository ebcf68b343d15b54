import { connectorDefinition } from './document/definition.ts';
import { connectorProperties } from './document/properties.ts';
import { BRAND_COLOR, drawIcon } from './icon/icon.ts';
import { decodePng, encodePng } from './icon/png.ts';
import type { Connector } from './lint/connector.ts';
import { openApiDefinition } from './openapi/definition.ts';
import { recordedWith, stabilityOf, type Stability } from './stability.ts';

/** A file of this folder that is made, and whether what lies there is the same. */
export interface GeneratedFile {
  readonly name: string;
  readonly content: Buffer;
  readonly isSame: (there: Buffer) => boolean;
}

/** The connector as the sources make it. */
export function connectorOf(version: string): Connector {
  const definition = connectorDefinition(version);
  return { definition, properties: connectorProperties(definition, BRAND_COLOR, { kind: 'key' }), icon: drawIcon() };
}

/** What `npm run connector` writes; `recorded` is what flows rely on already. */
export function generatedFiles({ definition, properties, icon }: Connector, recorded: Stability): GeneratedFile[] {
  return [
    json('apiDefinition.swagger.json', definition),
    json('apiProperties.json', properties),
    json('openapi.json', openApiDefinition(definition.info.version)),
    json('stability.json', recordedWith(recorded, stabilityOf(definition))),
    {
      name: 'icon.png',
      content: encodePng(icon),
      // By its pixels: zlib packs them differently from machine to machine.
      isSame: (there) => decodePng(there)?.rgb.equals(icon.rgb) ?? false,
    },
  ];
}

/** Indented as certification wants it (learn.microsoft.com/connectors/custom-connectors/certification-submission). */
function json(name: string, value: object): GeneratedFile {
  const content = Buffer.from(`${JSON.stringify(value, undefined, 4)}\n`);
  return { name, content, isSame: (there) => there.equals(content) };
}
