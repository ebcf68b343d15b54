import type { EntityData, Missing, Refused } from './entity-data.ts';
import { keyFilter, knownKey, singleKey } from './item-key.ts';
import type { JsonObject } from './json-fields.ts';

/**
 * Reads the item with this id. The service has no URL for a single item, so the items are filtered
 * by the entity's key (the column that identifies an item). For most entities, one more call first
 * reads which column that is. `without-key`: the entity has no such column.
 */
export async function findItem(
  data: Pick<EntityData, 'entity' | 'items'>,
  instanceId: string,
  entityId: string,
  itemId: string,
): Promise<{ kind: 'item'; item: JsonObject } | { kind: 'without-key' } | Missing | Refused> {
  let key = knownKey(entityId);
  if (key === undefined) {
    const found = await data.entity(instanceId, entityId);
    if (found.kind !== 'entity') return found;
    key = singleKey(found.entity);
  }
  if (key === undefined) return { kind: 'without-key' };
  const filter = keyFilter(key, itemId);
  if (filter === undefined) return { kind: 'missing', what: 'item' };
  const page = await data.items(instanceId, entityId, { $filter: filter, $top: '1' });
  if (page.kind !== 'page') return page;
  const [item] = page.items;
  return item === undefined ? { kind: 'missing', what: 'item' } : { kind: 'item', item };
}
