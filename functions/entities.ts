import { itemSchema } from '../shared/insights/item-schema.ts';
import { dataRefusal, registerInstanceRoute, type DataDeps, type InstanceHandle } from './instance-route.ts';
import type { Registrar } from './registrar.ts';

/**
 * Registers the list of entities for the connector's drop-down, and one entity with the schema of
 * its items. An entity is a table of customer data in Customer Insights, such as `Customer`; an
 * item is one of its rows.
 */
export function registerEntities(app: Registrar, deps: DataDeps): void {
  registerInstanceRoute(app, deps, { name: 'GetEntities', method: 'GET', route: 'entities', handle: list(deps) });
  registerInstanceRoute(app, deps, { name: 'GetEntity', method: 'GET', route: 'entities/{entity}', handle: get(deps) });
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
