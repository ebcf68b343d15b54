import { Agent } from 'undici';
import { CustomerInsightsError } from './customer-insights.ts';
import type { CreatedItem, Entity, EntityData, ItemPage, Missing, Refused } from './entity-data.ts';
import { parseExactly } from './exact-json.ts';
import { asObject, field, listOf, objectIn, objectsIn, oneOf } from './json-fields.ts';
import { parseEntity } from './parse-entity.ts';
import { restCall, type PathParameter, type RestCall, type RestCallDeps } from './rest-call.ts';
import { entityName, restPartitions } from './rest-partitions.ts';

/** Makes a call below an instance. What the caller may have got wrong is a value. */
export type InstanceCall = <T>(
  instanceId: string,
  call: Omit<RestCall<T>, 'instanceId'>,
) => Promise<{ readonly kind: 'answered'; readonly answer: T } | Missing | (Refused & { readonly status: number })>;

export interface RestEntityData extends EntityData {
  /** Ends the connections, once the calls under way have been answered. */
  readonly close: () => Promise<void>;
}

/** A thousand items of a hundred long columns are some megabytes. */
const longestBodyBytes = 32 * 1024 * 1024;

/**
 * The data of Customer Insights over its REST API (see `restCall` for deadline and retries of a call). Routes and query
 * parameters are those of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries).
 */
export function restEntityData(options: Omit<RestCallDeps, 'dispatcher'>): RestEntityData {
  // The deadlines of attempts and downloads are the only clocks.
  const patience = { connect: { timeout: options.timeoutMs }, headersTimeout: 0, bodyTimeout: 0 };
  const agent = new Agent({ ...patience, maxResponseSize: longestBodyBytes });
  const downloads = new Agent(patience);
  const call = instanceCall({ ...options, dispatcher: agent });
  const entityPath = (entityId: string): (string | PathParameter)[] => ['manage', 'entities', entityName(entityId)];

  return {
    async entities(instanceId) {
      const result = await call(instanceId, { path: ['manage', 'entities'], read: readEntities });
      return result.kind === 'answered' ? { kind: 'entities', entities: result.answer } : result;
    },
    async entity(instanceId, entityId) {
      const result = await call(instanceId, { path: entityPath(entityId), read: oneOf(parseEntity) });
      return result.kind === 'answered' ? { kind: 'entity', entity: result.answer } : result;
    },
    async items(instanceId, entityId, query) {
      const path = ['data', entityName(entityId)];
      const result = await call(instanceId, { path, query, parse: parseExactly, read: readPage });
      return result.kind === 'answered' ? result.answer : result;
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
      return result.kind === 'answered' ? result.answer : result;
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

/** A 404 is looked into from the outside: the service has many error codes for it. */
function instanceCall(deps: RestCallDeps): InstanceCall {
  return async (instanceId, call) => {
    const made = await settled(restCall(deps, { ...call, instanceId }));
    if (made.kind !== 'not-found') return made;
    const looked = await settled(restCall(deps, { instanceId, read: asObject }));
    return { kind: 'missing', what: looked.kind === 'not-found' ? 'instance' : 'entity' };
  };
}

async function settled<T>(
  calling: Promise<T>,
): Promise<
  | { kind: 'answered'; answer: T }
  | { kind: 'not-found' }
  | { kind: 'call-refused'; status: number; said: string | undefined }
> {
  try {
    return { kind: 'answered', answer: await calling };
  } catch (error) {
    if (!(error instanceof CustomerInsightsError)) throw error;
    if (error.kind === 'not-found') return { kind: 'not-found' };
    if (error.kind !== 'refused') throw error;
    return { kind: 'call-refused', status: error.status ?? 400, said: error.said };
  }
}

/** `IC360EntityModel`. */
function readEntities(json: unknown): Entity[] | undefined {
  const model = asObject(json);
  return listOf(parseEntity)((model && field(model, 'entities')) ?? json);
}

/** `ODataEntityPayload`. Its model has no next link, but the call takes a `$skiptoken`. */
function readPage(json: unknown): ItemPage | undefined {
  const payload = asObject(json);
  if (payload === undefined || !Array.isArray(field(payload, 'value'))) return undefined;
  return { kind: 'page', items: objectsIn(payload, 'value'), hasNext: typeof payload['@odata.nextLink'] === 'string' };
}

/** `CreatedResult` (201) or `AcceptedResult` (202). */
function readCreated(json: unknown, status: number): CreatedItem {
  return { kind: 'created', isDone: status !== 202, item: objectIn(asObject(json) ?? {}, 'value') };
}
