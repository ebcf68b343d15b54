import type { Attribute, Entity } from './entity-data.ts';
import { asObject, field, flag, objectsIn, text, word, type JsonObject } from './json-fields.ts';

/** Where the metadata of an entity says a partition is. */
export interface PartitionMetadata {
  readonly name: string;
  readonly location: string;
  readonly hasHeader: boolean | undefined;
}

/**
 * `IEntityMetadata`. An ingested entity is addressed by its qualified name (`{dataSourceId}_{name}`), because two data
 * sources may have entities of one name.
 */
export function parseEntity(json: JsonObject): Entity | undefined {
  const name = text(json, 'name') ?? text(json, 'qualifiedEntityName');
  if (name === undefined) return undefined;
  const source = text(json, 'dataSourceName');
  return {
    entityId: text(json, 'qualifiedEntityName') ?? name,
    name: source === undefined ? name : `${source}_${name}`,
    entityType: word(json, 'entityType'),
    attributes: objectsIn(json, 'attributes').flatMap((attribute) => readAttribute(attribute) ?? []),
    keys: readKeys(field(json, 'keys')),
  };
}

/** The `partitions` of `IEntityMetadata`; those without name or location are left out. */
export function parsePartitions(json: JsonObject): PartitionMetadata[] {
  return objectsIn(json, 'partitions').flatMap((partition) => {
    const name = text(partition, 'name');
    const location = text(partition, 'location');
    return name === undefined || location === undefined
      ? []
      : { name, location, hasHeader: flag(partition, 'hasHeader') };
  });
}

function readAttribute(json: JsonObject): Attribute | undefined {
  const name = text(json, 'name');
  if (name === undefined) return undefined;
  return { name, displayName: text(json, 'friendlyName') ?? name, dataType: text(json, 'dataType') ?? '' };
}

/** A key is a list of attributes, or of their names. */
function readKeys(json: unknown): string[][] {
  if (!Array.isArray(json)) return [];
  return json.filter(Array.isArray).map((key: unknown[]) =>
    key.flatMap((column) => {
      const object = asObject(column);
      const name = object === undefined ? column : text(object, 'name');
      return typeof name === 'string' ? name : [];
    }),
  );
}
