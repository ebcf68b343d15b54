import type { HttpRequest } from '@azure/functions';
import type { WriteOptions } from '../shared/insights/entity-data.ts';
import { parseExactly } from '../shared/insights/exact-json.ts';
import { findItem } from '../shared/insights/find-item.ts';
import { readItems, type ItemQuery } from '../shared/insights/item-pages.ts';
import { refusal } from '../shared/problem.ts';
import { readJson } from './http.ts';
import { dataRefusal, instanceUrl, onData, type DataDeps, type InstanceHandle } from './instance-route.ts';
import { ITEM_QUERY, readItemQuery, writeItemQuery } from './item-query.ts';
import type { Registrar } from './registrar.ts';

const WRITE_QUERY = ['validUntil', 'caller'];

/** Registers the routes that list, get, create and update items of an entity. */
export function registerItems(app: Registrar, deps: DataDeps): void {
  const items = 'entities/{entity}/items';
  const item = `${items}/{itemId}`;
  onData(app, deps, { name: 'GetItems', method: 'GET', route: items, query: ITEM_QUERY, handle: list(deps) });
  onData(app, deps, { name: 'GetItem', method: 'GET', route: item, handle: get(deps) });
  onData(app, deps, { name: 'CreateItem', method: 'POST', route: items, query: WRITE_QUERY, handle: create(deps) });
  onData(app, deps, { name: 'UpdateItem', method: 'PATCH', route: item, query: WRITE_QUERY, handle: update(deps) });
}

function list(deps: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = readItemQuery(request.query);
    if (read.kind === 'refused') return read;
    const listed = await readItems(deps, instanceId, param('entity'), read.query);
    if (listed.kind !== 'items') return dataRefusal(listed, adviceOn(read.query));
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
      'Items of this entity have no key that is a single column, so one item cannot be read by its key. List the items with $filter instead.',
    );
  };
}

function create({ data }: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = await readItem(request);
    if (read.kind === 'refused') return read;
    const made = await data.createItem(instanceId, param('entity'), read.text, writeOptions(request));
    if (made.kind === 'exists') {
      return refusal(
        'item-exists',
        'The entity already has an item with this key, so Customer Insights did not create one. Update the existing item, or use another key.',
      );
    }
    if (made.kind !== 'created') return dataRefusal(made, WRITING);
    // No Location header, because Power Automate would poll the URL of a 202 response.
    return { status: made.isDone ? 201 : 202, jsonBody: made.item ?? parseExactly(read.text) };
  };
}

function update({ data }: DataDeps): InstanceHandle {
  return async ({ request, instanceId, param }) => {
    const read = await readItem(request);
    if (read.kind === 'refused') return read;
    const options = writeOptions(request);
    const made = await data.updateItem(instanceId, param('entity'), param('itemId'), read.text, options);
    return made.kind === 'updated' ? { status: 204 } : dataRefusal(made, WRITING);
  };
}

const WRITING = 'Activities can be created and customer profiles changed, with what Customer Insights names corrected.';

/** Advice for a caller when Customer Insights refuses the options of a list. */
function adviceOn({ options }: ItemQuery): string {
  return options['$filter'] === undefined
    ? 'Change or remove the option that the message names.'
    : "A filter is OData, such as CustomerId eq 'a1': Customer takes CustomerId and the fields of the search and filter index, UnifiedActivity takes ActivityId and CustomerId, any other entity CustomerId alone, and ingested tables take none.";
}

/** Reads the item from the body. Customer Insights validates its properties. */
async function readItem(request: HttpRequest): ReturnType<typeof readJson> {
  const read = await readJson(request);
  if (read.kind === 'refused') return read;
  const isObject = typeof read.body === 'object' && read.body !== null && !Array.isArray(read.body);
  return isObject
    ? read
    : refusal('body-invalid', 'The body must be one JSON object, the item. Send one call for each item.');
}

function writeOptions({ query }: HttpRequest): WriteOptions {
  const [validUntil, caller] = [query.get('validUntil'), query.get('caller')];
  return { ...(validUntil && { validUntil }), ...(caller && { caller }) };
}
