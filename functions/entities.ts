import { itemSchema } from '../shared/insights/item-schema.ts';
import { dataRefusal, onInstance, type DataDeps, type InstanceHandle } from './instance-route.ts';
import type { Registrar } from './registrar.ts';

/**
 * Registers the list of entities for the connector's drop-down, and one entity with the schema of
 * its items.
 */
export function registerEntities(app: Registrar, deps: DataDeps): void {
  onInstance(app, deps, { name: 'GetEntities', method: 'GET', route: 'entities', handle: list(deps) });
  onInstance(app, deps, { name: 'GetEntity', method: 'GET', route: 'entities/{entity}', handle: get(deps) });
}

function list({ data }: DataDeps): InstanceHandle {
  return async ({ instanceId }) => {
    const listed = await data.entities(instanceId);
    if (listed.kind !== 'entities') return dataRefusal(listed);
    return {
      jsonBody: {
        value: listed.entities.map(({ entityId, name, entityType }) => ({ id: entityId, name, entityType })),
      },
    };
  };
}

function get({ data }: DataDeps): InstanceHandle {
  return async ({ instanceId, param }) => {
    const found = await data.entity(instanceId, param('entity'));
    if (found.kind !== 'entity') return dataRefusal(found);
    const { entityId, name, entityType } = found.entity;
    return { jsonBody: { id: entityId, name, entityType, schema: itemSchema(found.entity) } };
  };
}
