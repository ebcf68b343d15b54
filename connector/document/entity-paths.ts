import { dynamicSchema } from './drop-down.ts';
import { entityInPath, instanceInPath } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { list, object, text } from './schemas.ts';
import type { PathItem, Schema } from './swagger-document.ts';

/**
 * The dynamic schema of an item. The designer requests it when the maker has chosen instance and
 * entity.
 */
export const itemSchema: Schema = {
  type: 'object',
  title: 'Item',
  description: 'One item, with the attributes of the entity.',
  ...dynamicSchema('GetEntity', { instanceId: 'instanceId', entity: 'entity' }),
};

export const entityPaths: Readonly<Record<string, PathItem>> = {
  '/instances/{instanceId}/entities': {
    get: {
      operationId: 'GetEntities',
      summary: 'List entities',
      description: 'This operation lists the entities of an instance, ingested ones and those that the instance made.',
      parameters: [instanceInPath],
      responses: responses(
        ok(
          'The entities.',
          object('Entities', 'The entities of the instance.', {
            always: {
              value: list(
                'Value',
                'The entities.',
                object('Entity', 'One entity.', {
                  always: {
                    id: text('ID', 'What other actions name the entity by.'),
                    name: text('Name', 'What a person knows the entity by.'),
                  },
                  maybe: { entityType: text('Entity Type', 'What the entity holds, such as profile or segment.') },
                }),
              ),
            },
          }),
        ),
        403,
        404,
      ),
    },
  },
  '/instances/{instanceId}/entities/{entity}': {
    get: {
      operationId: 'GetEntity',
      summary: 'Get an entity',
      description: 'This operation gets an entity with the schema of its items.',
      'x-ms-visibility': 'internal',
      parameters: [instanceInPath, entityInPath],
      responses: responses(
        ok(
          'The entity.',
          object('Entity', 'One entity.', {
            always: {
              id: text('ID', 'What other actions name the entity by.'),
              name: text('Name', 'What a person knows the entity by.'),
              schema: {
                type: 'object',
                title: 'Schema',
                description: 'The JSON schema of one item.',
                additionalProperties: true,
              },
            },
            maybe: { entityType: text('Entity Type', 'What the entity holds, such as profile or segment.') },
          }),
        ),
        403,
        404,
      ),
    },
  },
};
