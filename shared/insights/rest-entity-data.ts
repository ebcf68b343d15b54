import { Agent } from 'undici';
import type { CreatedItem, Entity, EntityData, ItemPage } from './entity-data.ts';
import { parseExactly } from './exact-json.ts';
import { asObject, field, listReader, objectField, objectListField, objectReader } from './json-fields.ts';
import { parseEntity } from './parse-entity.ts';
import type { PathParameter, RestCallDeps } from './rest-call.ts';
import { entityName, instanceCall } from './rest-instance-call.ts';
import { restPartitions } from './rest-partitions.ts';

export interface RestEntityData extends EntityData {
  /** Closes the connections after the calls in flight have ended. */
  readonly close: () => Promise<void>;
}

/**
 * Maximum size of a response. A thousand items with a hundred long columns take a few megabytes.
 */
const maxBodyBytes = 32 * 1024 * 1024;

/**
 * The data of Customer Insights over its REST API (see `restCall` for the deadline and retries of a
 * call). Routes and query parameters are those of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 */
export function restEntityData(options: Omit<RestCallDeps, 'dispatcher'>): RestEntityData {
  // No limits here, because each attempt and each download has its own deadline.
  const timeouts = { connect: { timeout: options.timeoutMs }, headersTimeout: 0, bodyTimeout: 0 };
  const agent = new Agent({ ...timeouts, maxResponseSize: maxBodyBytes });
  const downloads = new Agent(timeouts);
  const call = instanceCall({ ...options, dispatcher: agent });
  const entityPath = (entityId: string): (string | PathParameter)[] => ['manage', 'entities', entityName(entityId)];

  return {
    async entities(instanceId) {
      const result = await call(instanceId, { path: ['manage', 'entities'], read: readEntities });
      return result.kind === 'answered' ? { kind: 'entities', entities: result.response } : result;
    },
    async entity(instanceId, entityId) {
      const result = await call(instanceId, { path: entityPath(entityId), read: objectReader(parseEntity) });
      return result.kind === 'answered' ? { kind: 'entity', entity: result.response } : result;
    },
    async items(instanceId, entityId, query) {
      const path = ['data', entityName(entityId)];
      const result = await call(instanceId, { path, query, parse: parseExactly, read: readPage });
      return result.kind === 'answered' ? result.response : result;
    },
    async createItem(instanceId, entityId, body, query) {
      const path = ['data', entityName(entityId)];
      const result = await call(instanceId, {
        method: 'POST',
        path,
        query,
        body,
        parse: parseExactly,
        read: readCreated,
      });
      if (result.kind === 'call-refused' && result.status === 409) return { kind: 'exists' };
      return result.kind === 'answered' ? result.response : result;
    },
    async updateItem(instanceId, entityId, itemId, body, query) {
      const path = ['data', entityName(entityId), { name: 'entityId', value: itemId }];
      const result = await call(instanceId, { method: 'PATCH', path, query, body, read: () => true });
      if (result.kind === 'answered') return { kind: 'updated' };
      if (result.kind !== 'missing' || result.what !== 'entity') return result;
      const entity = await call(instanceId, { path: entityPath(entityId), read: asObject });
      return entity.kind === 'answered' ? { kind: 'missing', what: 'item' } : entity;
    },
    ...restPartitions({ ...options, call, dispatcher: downloads }),
    async close() {
      await Promise.all([agent.close(), downloads.close()]);
    },
  };
}

/** Reads an `IC360EntityModel`: the list of entities in the public client libraries. */
function readEntities(json: unknown): Entity[] | undefined {
  const model = asObject(json);
  return listReader(parseEntity)((model && field(model, 'entities')) ?? json);
}

/**
 * Reads an `ODataEntityPayload`. It may contain a link to the next page: its documented model has
 * none, but the call accepts a `$skiptoken`, which such links contain.
 */
function readPage(json: unknown): ItemPage | undefined {
  const payload = asObject(json);
  if (payload === undefined || !Array.isArray(field(payload, 'value'))) return undefined;
  return {
    kind: 'page',
    items: objectListField(payload, 'value'),
    hasNext: typeof payload['@odata.nextLink'] === 'string',
  };
}

/** Reads a `CreatedResult` (201) or an `AcceptedResult` (202). */
function readCreated(json: unknown, status: number): CreatedItem {
  return { kind: 'created', isDone: status !== 202, item: objectField(asObject(json) ?? {}, 'value') };
}
