import { connectorDefinition } from './document/definition.ts';
import { connectorProperties } from './document/properties.ts';
import { BRAND_COLOR, drawIcon } from './icon/icon.ts';
import { decodePng, encodePng } from './icon/png.ts';
import type { Connector } from './lint/connector.ts';
import { openApiDefinition } from './openapi/definition.ts';
import { recordedWith, stabilityOf, type Stability } from './stability.ts';

/** A generated file of this folder, and a check whether the existing file equals it. */
export interface GeneratedFile {
  readonly name: string;
  readonly content: Buffer;
  readonly isSame: (there: Buffer) => boolean;
}

/** The connector, generated from the sources. */
export function connectorOf(version: string): Connector {
  const definition = connectorDefinition(version);
  return { definition, properties: connectorProperties(definition, BRAND_COLOR, { kind: 'key' }), icon: drawIcon() };
}

/** The files that `npm run connector` writes. `recorded` is the contract that existing flows rely on. */
export function generatedFiles({ definition, properties, icon }: Connector, recorded: Stability): GeneratedFile[] {
  return [
    json('apiDefinition.swagger.json', definition),
    json('apiProperties.json', properties),
    json('openapi.json', openApiDefinition(definition.info.version)),
    json('stability.json', recordedWith(recorded, stabilityOf(definition))),
    {
      name: 'icon.png',
      content: encodePng(icon),
      // Compares pixels, because zlib's output differs between machines.
      isSame: (there) => decodePng(there)?.rgb.equals(icon.rgb) ?? false,
    },
  ];
}

/** Indented as certification requires (learn.microsoft.com/connectors/custom-connectors/certification-submission). */
function json(name: string, value: object): GeneratedFile {
  const content = Buffer.from(`${JSON.stringify(value, undefined, 4)}\n`);
  return { name, content, isSame: (there) => there.equals(content) };
}
