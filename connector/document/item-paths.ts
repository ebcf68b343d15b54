import { itemSchema } from './entity-paths.ts';
import { entityInPath, inPath, inQuery, instanceInPath } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { list, object, text } from './schemas.ts';
import type { BodyParameter, PathItem, PlainParameter } from './swagger-document.ts';

const queryOptions: readonly PlainParameter[] = [
  inQuery(
    '$filter',
    "An OData filter, such as CustomerId eq 'a1'. Customer takes CustomerId and the fields of the search and filter index, UnifiedActivity takes ActivityId and CustomerId, any other entity CustomerId alone, and ingested tables take none.",
    {},
  ),
  inQuery('$orderby', 'An OData order, such as CreatedOn desc.', {}),
  inQuery('$top', 'The largest number of items to get; about a hundred when left empty.', {
    type: 'integer',
    minimum: 0,
  }),
  inQuery('$skip', 'How many items to leave out at the start.', { type: 'integer', minimum: 0 }),
  inQuery('$select', 'The attributes to get, with commas between them; all when left empty.', {
    'x-ms-visibility': 'advanced',
  }),
  inQuery('$search', 'A term in quotes to search the indexed fields for; only Customer can be searched.', {
    'x-ms-visibility': 'advanced',
  }),
  inQuery('$expand', 'Related entities to get with each item, such as UnifiedActivity.', {
    'x-ms-visibility': 'advanced',
  }),
];

const itemInPath = inPath('itemId', 'The key of the item, such as the CustomerId of a customer.', {
  'x-ms-url-encoding': 'double',
  'x-ms-visibility': 'important',
});

const writing: readonly PlainParameter[] = [
  inQuery('validUntil', 'Until when the change holds; the next refresh may replace it earlier.', {
    format: 'date-time',
    'x-ms-visibility': 'advanced',
  }),
  inQuery('caller', 'A name for who makes the change, for diagnostics in Customer Insights.', {
    'x-ms-visibility': 'advanced',
  }),
];

const body: BodyParameter = {
  name: 'body',
  in: 'body',
  required: true,
  description: 'The attributes of the item.',
  schema: itemSchema,
};

export const itemPaths: Readonly<Record<string, PathItem>> = {
  '/instances/{instanceId}/entities/{entity}/items': {
    get: {
      operationId: 'GetItems',
      summary: 'List items of an entity',
      description: 'This operation gets items of an entity, page by page, with the usual OData options.',
      'x-ms-visibility': 'important',
      'x-ms-pageable': { nextLinkName: '@odata.nextLink' },
      parameters: [instanceInPath, entityInPath, ...queryOptions],
      responses: responses(
        ok(
          'One page of items.',
          object('Items', 'One page of items.', {
            always: { value: list('Value', 'The items.', itemSchema) },
            maybe: {
              '@odata.nextLink': text('Next Link', 'Where the next page is.', { 'x-ms-visibility': 'internal' }),
            },
          }),
        ),
        403,
        404,
      ),
    },
    post: {
      operationId: 'CreateItem',
      summary: 'Create an item',
      description: 'This operation adds an item, such as an activity, in real time.',
      parameters: [instanceInPath, entityInPath, ...writing, body],
      responses: responses(
        {
          201: { description: 'The item was created.', schema: itemSchema },
          202: { description: 'The item will be created.' },
        },
        403,
        404,
        409,
      ),
    },
  },
  '/instances/{instanceId}/entities/{entity}/items/{itemId}': {
    get: {
      operationId: 'GetItem',
      summary: 'Get an item',
      description: 'This operation gets one item of an entity by its key.',
      parameters: [instanceInPath, entityInPath, itemInPath],
      responses: responses(ok('The item.', itemSchema), 403, 404, 422),
    },
    patch: {
      operationId: 'UpdateItem',
      summary: 'Update an item',
      description: 'This operation changes attributes of a customer profile in real time.',
      parameters: [instanceInPath, entityInPath, itemInPath, ...writing, body],
      responses: responses({ 204: { description: 'The item was changed.' } }, 403, 404),
    },
  },
};
