import { nearestNames, type Named } from '../nearest-names.ts';
import { CustomerInsightsError } from './customer-insights.ts';
import type { EntityData, Missing } from './entity-data.ts';

/**
 * Wraps `data`. If an entity does not exist, its name is trimmed and looked up again. If it is
 * still unknown, the result lists entities with similar names. These one or two further calls are
 * made only for a missing entity.
 */
export function nearestEntities(data: EntityData): EntityData {
  const nearest = async (instanceId: string, entityId: string): Promise<readonly Named[]> => {
    try {
      const listed = await data.entities(instanceId);
      if (listed.kind !== 'entities') return [];
      const choices = listed.entities.map(({ entityId: name, name: displayName }) => ({ name, displayName }));
      return nearestNames(entityId, choices);
    } catch (error) {
      // The refusal is still correct without similar names.
      if (error instanceof CustomerInsightsError) return [];
      throw error;
    }
  };
  const find = async <T extends { readonly kind: string }>(
    instanceId: string,
    entityId: string,
    call: (entityId: string) => Promise<T | Missing>,
  ): Promise<T | Missing> => {
    let result = await call(entityId);
    const trimmed = entityId.trim();
    if (isMissingEntity(result) && trimmed !== entityId) result = await call(trimmed);
    return isMissingEntity(result) ? { ...result, nearest: await nearest(instanceId, trimmed) } : result;
  };
  return {
    entities: (instanceId) => data.entities(instanceId),
    entity: (instanceId, id) => find(instanceId, id, (entity) => data.entity(instanceId, entity)),
    items: (instanceId, id, options) => find(instanceId, id, (entity) => data.items(instanceId, entity, options)),
    createItem: (instanceId, id, item, options) =>
      find(instanceId, id, (entity) => data.createItem(instanceId, entity, item, options)),
    updateItem: (instanceId, id, itemId, changes, options) =>
      find(instanceId, id, (entity) => data.updateItem(instanceId, entity, itemId, changes, options)),
    partitions: (instanceId, id) => find(instanceId, id, (entity) => data.partitions(instanceId, entity)),
    partitionRows: (instanceId, id, partitionId, range) =>
      find(instanceId, id, (entity) => data.partitionRows(instanceId, entity, partitionId, range)),
  };
}

function isMissingEntity(result: { readonly kind: string }): result is Missing {
  return result.kind === 'missing' && (result as Missing).what === 'entity';
}
