import { dropDown } from './drop-down.ts';
import { itemSchema } from './entity-paths.ts';
import { entityInPath, inPath, inQuery, instanceInPath } from './parameters.ts';
import { ok, responses } from './responses.ts';
import { list, object, text } from './schemas.ts';
import type { PathItem } from './swagger-document.ts';

const partitionInPath = inPath('partitionId', 'The partition of the entity.', {
  ...dropDown({
    operationId: 'ListPartitions',
    references: { instanceId: 'instanceId', entity: 'entity' },
    titlePath: 'id',
  }),
  'x-ms-url-encoding': 'double',
  'x-ms-visibility': 'important',
});

/** The operations with which a flow reads a whole entity, partition by partition. */
export const partitionPaths: Readonly<Record<string, PathItem>> = {
  '/instances/{instanceId}/entities/{entity}/partitions': {
    get: {
      operationId: 'ListPartitions',
      summary: 'List partitions of an entity',
      description: 'This operation lists the parts in which an entity is stored.',
      parameters: [instanceInPath, entityInPath],
      responses: responses(
        ok(
          'The partitions.',
          object('Partitions', 'The partitions of the entity.', {
            always: {
              value: list(
                'Value',
                'The partitions.',
                object('Partition', 'One partition.', {
                  always: { id: text('ID', 'What the action that reads it names it by.') },
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
  '/instances/{instanceId}/entities/{entity}/partitions/{partitionId}': {
    get: {
      operationId: 'GetPartitionData',
      summary: 'List rows of a partition',
      description: 'This operation lists the rows of one partition of an entity, page by page.',
      'x-ms-pageable': { nextLinkName: 'nextLink' },
      parameters: [
        instanceInPath,
        entityInPath,
        partitionInPath,
        inQuery('top', 'The largest number of rows on a page, 1000 when left empty.', {
          type: 'integer',
          minimum: 1,
          maximum: 5000,
        }),
        inQuery('skip', 'How many rows to leave out at the start.', { type: 'integer', minimum: 0 }),
      ],
      responses: responses(
        ok(
          'One page of rows.',
          object('Rows', 'One page of rows.', {
            always: { value: list('Value', 'The rows.', itemSchema) },
            maybe: { nextLink: text('Next Link', 'Where the next page is.', { 'x-ms-visibility': 'internal' }) },
          }),
        ),
        403,
        404,
        422,
      ),
    },
  },
};
