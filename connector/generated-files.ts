import { readFileSync } from 'node:fs';
import path from 'node:path';
import { BRAND_COLOR } from './brand-color.ts';
import { connectorDefinition } from './document/definition.ts';
import { connectorProperties } from './document/properties.ts';
import type { Connector } from './lint/connector.ts';
import { decodePng } from './lint/decode-png.ts';
import { openApiDefinition } from './openapi/definition.ts';
import { recordedWith, stabilityOf, type Stability } from './stability.ts';

/** A generated file of this folder, and a check whether the existing file equals it. */
export interface GeneratedFile {
  readonly name: string;
  readonly content: Buffer;
  readonly isSame: (there: Buffer) => boolean;
}

/** The connector: the definition and the properties from the sources, and the committed icon. */
export function connectorOf(version: string): Connector {
  const definition = connectorDefinition(version);
  const icon = decodePng(readFileSync(path.join(import.meta.dirname, 'icon.png')));
  if (icon === undefined)
    throw new Error('connector/icon.png must be a PNG of three bytes a pixel, without row filters');
  return { definition, properties: connectorProperties(definition, BRAND_COLOR, { kind: 'key' }), icon };
}

/**
 * The files that `npm run connector` writes. `recorded` is the contract that existing flows rely
 * on.
 */
export function generatedFiles({ definition, properties }: Connector, recorded: Stability): GeneratedFile[] {
  return [
    json('apiDefinition.swagger.json', definition),
    json('apiProperties.json', properties),
    json('openapi.json', openApiDefinition(definition.info.version)),
    json('stability.json', recordedWith(recorded, stabilityOf(definition))),
  ];
}

/**
 * Indented as certification requires
 * (learn.microsoft.com/connectors/custom-connectors/coding-standards).
 */
function json(name: string, value: object): GeneratedFile {
  const content = Buffer.from(`${JSON.stringify(value, undefined, 4)}\n`);
  return { name, content, isSame: (there) => there.equals(content) };
}
