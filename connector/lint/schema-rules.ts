import type { Schema } from '../document/swagger-document.ts';
import { inputLocations, operationLocations, locationsWhere, schemaLocations } from './locations.ts';
import type { Rule } from './rule.ts';

/** Microsoft publishes no number. Outputs that are nested deeper are hard to find in a designer. */
const MAX_DEPTH = 8;
/**
 * learn.microsoft.com/connectors/custom-connectors/faq: schemas of one body, and of all of an
 * operation.
 */
const MAX_SCHEMAS_OF_BODY = 512;
const MAX_SCHEMAS_OF_OPERATION = 16_384;

/** Rules for bodies, responses and notifications. */
export const schemaRules: readonly Rule[] = [
  {
    id: 'ArrayHasNoItems',
    says: 'An array says what is in it.',
    find: (connector) =>
      locationsWhere(schemaLocations(connector), ({ schema }) => schema.type === 'array' && !schema.items),
  },
  {
    id: 'EmptyObject',
    says: 'An object has properties, or says where they come from, or that any will do.',
    find: (connector) =>
      locationsWhere(
        schemaLocations(connector),
        ({ schema }) =>
          schema.type === 'object' &&
          Object.keys(schema.properties ?? {}).length === 0 &&
          schema['x-ms-dynamic-schema'] === undefined &&
          schema.additionalProperties === undefined,
      ),
  },
  {
    id: 'RequiredPropertyDefinitionMissing',
    says: 'What is required is a property.',
    find: (connector) =>
      locationsWhere(schemaLocations(connector), ({ schema }) =>
        (schema.required ?? []).some((name) => !Object.hasOwn(schema.properties ?? {}, name)),
      ),
  },
  {
    id: 'TypeMayBeNull',
    says: 'A value has one type and is left out rather than null.',
    find: (connector) =>
      locationsWhere(schemaLocations(connector), ({ schema }) => Array.isArray(schema.type) || 'x-nullable' in schema),
  },
  {
    id: 'InternalPropertyWithDefaultOptional',
    says: 'What is internal and has a default is required.',
    find: (connector) => [
      ...locationsWhere(
        schemaLocations(connector),
        ({ schema, required }) => isInternal(schema) && schema.default !== undefined && !required,
      ),
      ...locationsWhere(
        inputLocations(connector),
        ({ input }) => 'in' in input && isInternal(input) && input.default !== undefined && !input.required,
      ),
    ],
  },
  {
    id: 'InternalPropertyRequiredWithoutDefault',
    says: 'What is internal and required in a request has a default, unless the platform fills it in.',
    find: (connector) => [
      ...locationsWhere(
        schemaLocations(connector),
        ({ part, schema, required }) =>
          part === 'body' &&
          isInternal(schema) &&
          required &&
          schema.default === undefined &&
          schema['x-ms-notification-url'] !== true,
      ),
      ...locationsWhere(
        inputLocations(connector),
        ({ input }) => 'in' in input && isInternal(input) && input.required && input.default === undefined,
      ),
    ],
  },
  {
    id: 'AdditionalPropertyNotAllowedAdjacentToRef',
    says: 'Nothing stands beside a $ref.',
    find: (connector) =>
      locationsWhere(
        schemaLocations(connector),
        ({ schema }) => schema.$ref !== undefined && Object.keys(schema).length > 1,
      ),
  },
  {
    id: 'RefNotFound',
    says: 'A $ref leads to something in the document.',
    find: (connector) =>
      locationsWhere(
        schemaLocations(connector),
        ({ schema }) => schema.$ref !== undefined && !resolves(connector.definition, schema.$ref),
      ),
  },
  {
    id: 'SchemaTooDeep',
    says: `Schemas are nested ${MAX_DEPTH} levels deep at most.`,
    find: (connector) => locationsWhere(schemaLocations(connector), ({ depth }) => depth > MAX_DEPTH),
  },
  {
    id: 'TooManySchemas',
    says: `A body has ${MAX_SCHEMAS_OF_BODY} schemas at most, an operation ${MAX_SCHEMAS_OF_OPERATION}.`,
    find: (connector) => {
      const schemas = schemaLocations(connector);
      return operationLocations(connector).flatMap(({ operation: { operationId } }) => {
        const own = schemas.filter(({ operation }) => operation.operation.operationId === operationId);
        const parts = Map.groupBy(own, ({ part }) => part);
        const tooMany =
          own.length > MAX_SCHEMAS_OF_OPERATION ||
          [...parts.values()].some(({ length }) => length > MAX_SCHEMAS_OF_BODY);
        return tooMany ? [operationId] : [];
      });
    },
  },
  {
    id: 'EnumTitlesDiffer',
    says: 'Where values have names to show, they are those of the enum.',
    find: (connector) =>
      locationsWhere(inputLocations(connector), ({ input }) => {
        const shown = input['x-ms-enum-values']?.map(({ value }) => value);
        return shown !== undefined && JSON.stringify(shown) !== JSON.stringify(input.enum);
      }),
  },
];

function isInternal({ 'x-ms-visibility': visibility }: Pick<Schema, 'x-ms-visibility'>): boolean {
  return visibility === 'internal';
}

function resolves(document: unknown, ref: string): boolean {
  if (!ref.startsWith('#/')) return false;
  let at: unknown = document;
  for (const part of ref.slice(2).split('/')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Record<string, unknown>)[part];
  }
  return true;
}
