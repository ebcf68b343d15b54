import type { Attribute, Entity } from './entity-data.ts';
import {
  asObject,
  field,
  booleanField,
  objectListField,
  stringField,
  wordField,
  type JsonObject,
} from './json-fields.ts';

/** A partition in the metadata of an entity. */
export interface PartitionMetadata {
  readonly name: string;
  readonly location: string;
  readonly hasHeader: boolean | undefined;
}

/**
 * Reads an `IEntityMetadata` of Microsoft's public client libraries. The entity of a data source is
 * identified by its qualified name (`{dataSourceId}_{name}`), because two data sources may have
 * entities of the same name.
 */
export function parseEntity(json: JsonObject): Entity | undefined {
  const name = stringField(json, 'name') ?? stringField(json, 'qualifiedEntityName');
  if (name === undefined) return undefined;
  const source = stringField(json, 'dataSourceName');
  return {
    entityId: stringField(json, 'qualifiedEntityName') ?? name,
    name: source === undefined ? name : `${source}_${name}`,
    entityType: wordField(json, 'entityType'),
    attributes: objectListField(json, 'attributes').flatMap((attribute) => readAttribute(attribute) ?? []),
    keys: readKeys(field(json, 'keys')),
  };
}

/**
 * Reads the `partitions` of an `IEntityMetadata`. Partitions without name or location are left out.
 */
export function parsePartitions(json: JsonObject): PartitionMetadata[] {
  return objectListField(json, 'partitions').flatMap((partition) => {
    const name = stringField(partition, 'name');
    const location = stringField(partition, 'location');
    return name === undefined || location === undefined
      ? []
      : { name, location, hasHeader: booleanField(partition, 'hasHeader') };
  });
}

function readAttribute(json: JsonObject): Attribute | undefined {
  const name = stringField(json, 'name');
  if (name === undefined) return undefined;
  return {
    name,
    displayName: stringField(json, 'friendlyName') ?? name,
    dataType: stringField(json, 'dataType') ?? '',
  };
}

/** Reads keys, each of which is a list of attributes or of attribute names. */
function readKeys(json: unknown): string[][] {
  if (!Array.isArray(json)) return [];
  return json.filter(Array.isArray).map((key: unknown[]) =>
    key.flatMap((column) => {
      const object = asObject(column);
      const name = object === undefined ? column : stringField(object, 'name');
      return typeof name === 'string' ? name : [];
    }),
  );
}
