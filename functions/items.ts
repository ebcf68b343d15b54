import type { HttpRequest } from '@azure/functions';
import type { WriteOptions } from '../shared/insights/entity-data.ts';
import { parseExactly } from '../shared/insights/exact-json.ts';
import { findItem } from '../shared/insights/find-item.ts';
import { readItems } from '../shared/insights/item-pages.ts';
import { refusal } from '../shared/problem.ts';
import { readJson, type ExpectedBody } from './http.ts';
import { dataRefusal, instanceUrl, registerDataRoute, type DataDeps, type InstanceHandle } from './instance-route.ts';
import { adviceOnCreating, adviceOnList, adviceOnUpdating } from './item-advice.ts';
import { ITEM_PARAMETERS, readItemQuery, writeItemQuery } from './item-query.ts';
import type { Registrar } from './registrar.ts';

/** The query parameters of the routes that create and update an item. */
const WRITE_PARAMETERS = ['validUntil', 'caller'];

/**
 * Registers the routes that list, get, create and update items. An item is one row of an entity,
 * that is, of a table of customer data in Customer Insights.
 */
export function registerItems(app: Registrar, deps: DataDeps): void {
  const items = 'entities/{entity}/items';
  const item = `${items}/{itemId}`;
  registerDataRoute(app, deps, {
    name: 'GetItems',
    method: 'GET',
    route: items,
    query: ITEM_PARAMETERS,
    handle: list(deps),
  });
  registerDataRoute(app, deps, { name: 'GetItem', method: 'GET', route: item, handle: get(deps) });
  registerDataRoute(app, deps, {
    name: 'CreateItem',
    method: 'POST',
    route: items,
    query: WRITE_PARAMETERS,
    handle: create(deps),
  });
  registerDataRoute(app, deps, {
    name: 'UpdateItem',
    method: 'PATCH',
    route: item,
    query: WRITE_PARAMETERS,
    handle: update(deps),
  });
}

function list(deps: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = readItemQuery(request.query);
    if (read.kind === 'refused') return read;
    const listed = await readItems(deps, instanceId, param('entity'), read.query);
    if (listed.kind !== 'items') {
      return dataRefusal(listed, (message) => adviceOnList(param('entity'), read.query, message));
    }
    const address = instanceUrl(deps.config.publicBaseUrl, instanceId, 'entities', param('entity'), 'items');
    const nextLink = listed.next && `${address}?${writeItemQuery(listed.next)}`;
    return { jsonBody: { value: listed.items, ...(nextLink !== undefined && { '@odata.nextLink': nextLink }) } };
  };
}

function get({ data }: DataDeps): InstanceHandle {
  return async ({ instanceId, param }) => {
    const found = await findItem(data, instanceId, param('entity'), param('itemId'));
    if (found.kind === 'item') return { jsonBody: found.item };
    if (found.kind !== 'without-key') return dataRefusal(found);
    return refusal(
      'entity-without-key',
      'Items of this entity have no key that is a single column, so one item cannot be read by its key. Use List items of an entity with a Filter Query instead.',
    );
  };
}

function create({ data }: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = await readItem(request, NEW_ITEM);
    if (read.kind === 'refused') return read;
    const created = await data.createItem(instanceId, param('entity'), read.text, writeOptions(request));
    if (created.kind === 'exists') {
      return refusal(
        'item-exists',
        'The entity already has an item with this key, so nothing was created. If it is the same item, there is nothing left to do. If not, give the new item another key, such as another ActivityId.',
      );
    }
    if (created.kind !== 'created')
      return dataRefusal(created, (message) => adviceOnCreating(param('entity'), message));
    // 202: Customer Insights stores the item later. The response has no Location header, because
    // Power Automate would poll that address after a 202.
    return { status: created.isDone ? 201 : 202, jsonBody: created.item ?? parseExactly(read.text) };
  };
}

function update({ data }: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = await readItem(request, CHANGES);
    if (read.kind === 'refused') return read;
    const options = writeOptions(request);
    const updated = await data.updateItem(instanceId, param('entity'), param('itemId'), read.text, options);
    if (updated.kind === 'updated') return { status: 204 };
    return dataRefusal(updated, (message) => adviceOnUpdating(param('entity'), message));
  };
}

const NEW_ITEM: ExpectedBody = { name: 'Item', example: '{"ActivityId": "a1", "CustomerId": "c1"}' };
const CHANGES: ExpectedBody = { name: 'Item', example: '{"FirstName": "Ada"}' };

/** Reads the item from the body. Customer Insights validates its properties. */
async function readItem(request: HttpRequest, expected: ExpectedBody): ReturnType<typeof readJson> {
  const read = await readJson(request, expected);
  if (read.kind === 'refused') return read;
  const isObject = typeof read.body === 'object' && read.body !== null && !Array.isArray(read.body);
  return isObject
    ? read
    : refusal(
        'body-invalid',
        `${expected.name} must be one item, such as ${expected.example}, and not a list. For several items, put the action into Apply to each.`,
      );
}

/** How long the change holds, and who makes it. Customer Insights validates both. */
function writeOptions({ query }: HttpRequest): WriteOptions {
  const [validUntil, caller] = [query.get('validUntil'), query.get('caller')];
  return { ...(validUntil && { validUntil }), ...(caller && { caller }) };
}
