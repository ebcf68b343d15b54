import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Schema } from '../../connector/document/swagger-document.ts';

// What begins with x-ms- is for designers.
const ajv = new Ajv({ allErrors: true, strict: false });
const { default: add } = addFormats as unknown as { default?: (target: Ajv) => void };
(add ?? (addFormats as unknown as (target: Ajv) => void))(ajv);

/**
 * What a value has that its schema does not declare, or the other way round, in one line;
 * `undefined` when nothing.
 */
export function mismatch(schema: Schema, value: unknown): string | undefined {
  const validate = ajv.compile(closed(schema));
  return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'value' });
}

/**
 * The schema, refusing properties that it does not name: an undeclared one is one that no maker
 * sees.
 */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  return {
    ...schema,
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, closed(each)])),
      additionalProperties: schema.additionalProperties ?? false,
    }),
    ...(items && { items: closed(items) }),
  };
}

/** A schema of items, any of whose values may also be null: Swagger 2.0 has no word for that. */
export function withNulls(item: Schema): Schema {
  const values = Object.entries(item.properties ?? {}).map(([name, schema]) => [
    name,
    { anyOf: [schema, { type: 'null' }] },
  ]);
  return { ...item, properties: Object.fromEntries(values) as Record<string, Schema> };
}
