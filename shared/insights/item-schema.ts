import type { Entity } from './entity-data.ts';

/**
 * The part of JSON schema that Swagger 2.0 supports, so that a connector can show it to a flow
 * maker.
 */
export interface ItemSchema {
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly items?: ItemSchema;
  readonly properties?: Readonly<Record<string, ItemSchema>>;
}

/**
 * The JSON type of each OData type (OData JSON Format 4.01 §7.1), with the formats that Swagger 2.0
 * names. `Decimal` and `Int64` are numbers, not strings, because requests do not ask for the format
 * `IEEE754Compatible`.
 */
const jsonTypes: Readonly<Record<string, ItemSchema>> = {
  'edm.string': { type: 'string' },
  'edm.boolean': { type: 'boolean' },
  'edm.byte': { type: 'integer', format: 'int32' },
  'edm.sbyte': { type: 'integer', format: 'int32' },
  'edm.int16': { type: 'integer', format: 'int32' },
  'edm.int32': { type: 'integer', format: 'int32' },
  'edm.int64': { type: 'integer', format: 'int64' },
  'edm.single': { type: 'number', format: 'float' },
  'edm.double': { type: 'number', format: 'double' },
  'edm.decimal': { type: 'number' },
  'edm.date': { type: 'string', format: 'date' },
  'edm.datetimeoffset': { type: 'string', format: 'date-time' },
  'edm.guid': { type: 'string', format: 'uuid' },
  'edm.binary': { type: 'string', format: 'byte' },
  'edm.timeofday': { type: 'string' },
  'edm.duration': { type: 'string' },
};

/**
 * The schema of one item of the entity, made from its attributes. A value may also be missing or
 * null, which Swagger 2.0 cannot express. An attribute of an unknown type may have any value.
 */
export function itemSchema({ attributes }: Entity): ItemSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(
      attributes.map(({ name, displayName, dataType }) => [name, { ...valueSchema(dataType), title: displayName }]),
    ),
  };
}

/** The schema of a value of an OData type. The case of the type's name does not matter. */
export function valueSchema(dataType: string): ItemSchema {
  const element = /^collection\((.*)\)$/i.exec(dataType)?.[1];
  if (element !== undefined) return { type: 'array', items: valueSchema(element) };
  return jsonTypes[dataType.toLowerCase()] ?? {};
}
