import type { Attribute, Entity } from './entity-data.ts';
import { valueSchema } from './item-schema.ts';

/**
 * The keys of the two entities that every instance has. For these, the entity's metadata need not
 * be read.
 */
const knownKeys: Readonly<Record<string, Attribute>> = {
  Customer: { name: 'CustomerId', displayName: 'CustomerId', dataType: 'Edm.String' },
  UnifiedActivity: { name: 'ActivityId', displayName: 'ActivityId', dataType: 'Edm.String' },
};

export function knownKey(entityId: string): Attribute | undefined {
  return Object.hasOwn(knownKeys, entityId) ? knownKeys[entityId] : undefined;
}

/**
 * The attribute (column) that alone identifies an item. `undefined` when the entity has no key, or
 * only keys of several columns.
 */
export function singleKey({ attributes, keys }: Entity): Attribute | undefined {
  const name = keys.find((columns) => columns.length === 1)?.[0];
  return attributes.find((attribute) => attribute.name === name);
}

/**
 * The `$filter` for the item with this id. Strings are quoted, and a quote inside a string is
 * written twice (OData 4.01 ABNF, `string`). Numbers and GUIDs are not quoted. `undefined` when the
 * id is not a valid value of the key's type, so that no such item can exist.
 */
export function keyFilter({ name, dataType }: Attribute, itemId: string): string | undefined {
  const { type, format } = valueSchema(dataType);
  if (type === 'integer') return /^-?\d{1,19}$/.test(itemId) ? `${name} eq ${itemId}` : undefined;
  if (format === 'uuid')
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(itemId) ? `${name} eq ${itemId}` : undefined;
  return `${name} eq '${itemId.replaceAll("'", "''")}'`;
}
