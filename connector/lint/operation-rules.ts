import type { LocatedOperation } from '../document/operations.ts';
import { answerSchema, operationLocations, operationsWhere, repeated } from './locations.ts';
import type { Rule } from './rule.ts';

/**
 * learn.microsoft.com/connectors/custom-connectors/faq: how many operations a connector may have.
 */
const MAX_OPERATIONS = 256;
/**
 * Microsoft publishes no number for the validator's rule. Power Automate limits the name of a step
 * to 80 characters.
 */
const MAX_OPERATION_ID = 80;
const mimeTypes = ['application/json', 'text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded'];

/** Rules for ids, responses and versions of operations. */
export const operationRules: readonly Rule[] = [
  {
    id: 'OperationIdMissing',
    says: 'Every operation has an id.',
    find: (connector) => operationsWhere(connector, ({ operation }) => !operation.operationId),
  },
  {
    id: 'OperationIdNotUnique',
    says: 'No two operations have the same id, whatever its case.',
    find: (connector) =>
      repeated(operationLocations(connector).map(({ operation }) => operation.operationId.toLowerCase())),
  },
  {
    id: 'OperationIdSanitized',
    says: 'An id is in PascalCase, so that nothing has to be taken out of it.',
    find: (connector) =>
      operationsWhere(connector, ({ operation }) => !/^([A-Z][a-z0-9]*)+(_V\d+)?$/.test(operation.operationId)),
  },
  {
    id: 'OperationIdTooLong',
    says: `An id has ${MAX_OPERATION_ID} characters at most.`,
    find: (connector) => operationsWhere(connector, ({ operation }) => operation.operationId.length > MAX_OPERATION_ID),
  },
  {
    id: 'TooManyOperations',
    says: `There are ${MAX_OPERATIONS} operations at most.`,
    find: (connector) => {
      const { length } = operationLocations(connector);
      return length > MAX_OPERATIONS ? [`${length} operations`] : [];
    },
  },
  {
    id: 'OperationShouldHaveSuccessfulResponse',
    says: 'Every operation declares a success.',
    find: (connector) =>
      operationsWhere(
        connector,
        ({ operation }) => !Object.keys(operation.responses).some((status) => /^2/.test(status)),
      ),
  },
  {
    id: 'OperationHasManyResponsesWithSchema',
    says: 'One answer of an operation has a schema at most.',
    find: (connector) => operationsWhere(connector, (operation) => schemaStatuses(operation).length > 1),
  },
  {
    id: 'DefaultResponseHasSchema',
    says: 'The default answer has no schema.',
    find: (connector) => operationsWhere(connector, (operation) => schemaStatuses(operation).includes('default')),
  },
  {
    id: 'RefusalHasSchema',
    says: 'Only a success has a schema.',
    find: (connector) =>
      operationsWhere(connector, (operation) => schemaStatuses(operation).some((status) => /^[345]/.test(status))),
  },
  {
    id: 'UnsupportedMimeType',
    says: 'Bodies are JSON, text or forms.',
    find: ({ definition }) =>
      [...definition.consumes, ...definition.produces].filter((type) => !mimeTypes.includes(type)),
  },
  {
    id: 'InvalidNextLinkNameValue',
    says: 'The link to the next page is nextLink or @odata.nextLink.',
    find: (connector) =>
      operationsWhere(connector, ({ operation }) => {
        const name = operation['x-ms-pageable']?.nextLinkName;
        return name !== undefined && !['nextLink', '@odata.nextLink'].includes(name);
      }),
  },
  {
    id: 'NextLinkNotAnswered',
    says: 'The answer of an operation with pages has the link in its schema.',
    find: (connector) =>
      operationsWhere(connector, (located) => {
        const name = located.operation['x-ms-pageable']?.nextLinkName;
        return name !== undefined && !Object.hasOwn(answerSchema(located)?.properties ?? {}, name);
      }),
  },
  {
    id: 'PageableUndeclared',
    says: 'An operation whose answer links to a next page is declared as one with pages.',
    find: (connector) =>
      operationsWhere(
        connector,
        (located) =>
          located.operation['x-ms-pageable'] === undefined &&
          ['nextLink', '@odata.nextLink'].some((name) => Object.hasOwn(answerSchema(located)?.properties ?? {}, name)),
      ),
  },
  {
    id: 'ApiAnnotationMissing',
    says: 'Every operation says which family of versions it is of, and which revision.',
    find: (connector) =>
      operationsWhere(connector, ({ operation: { 'x-ms-api-annotation': annotation } }) => {
        return !annotation?.family || annotation.revision === undefined;
      }),
  },
  {
    id: 'FamilyHasManyOperations',
    says: 'A family has two operations at most that are not deprecated, one of them in production.',
    find: (connector) => {
      const current = operationLocations(connector).flatMap(({ operation }) =>
        operation.deprecated === true ? [] : [operation['x-ms-api-annotation'] ?? {}],
      );
      return [...new Set(current.flatMap(({ family }) => family ?? []))].filter((family) => {
        const members = current.filter((each) => each.family === family);
        return members.length > 2 || members.filter(({ status }) => status === 'Production').length > 1;
      });
    },
  },
  {
    id: 'DeprecatedUnmarked',
    says: 'The summary of a deprecated operation ends in "(deprecated)", and no other does.',
    find: (connector) =>
      operationsWhere(
        connector,
        ({ operation }) => (operation.deprecated === true) !== operation.summary.endsWith('(deprecated)'),
      ),
  },
  {
    id: 'ProductionStatusOnBetaService',
    says: 'A connector in preview has no operation in production.',
    find: (connector) =>
      connector.definition.info['x-ms-api-annotation']?.status === 'Preview'
        ? operationsWhere(connector, ({ operation }) => operation['x-ms-api-annotation']?.status === 'Production')
        : [],
  },
];

function schemaStatuses({ operation }: LocatedOperation): string[] {
  return Object.entries(operation.responses).flatMap(([status, { schema }]) => (schema ? [status] : []));
}
