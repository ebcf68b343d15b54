import { odata } from '@azure/data-tables';
import { isInt32, rowValues } from '../storage/table-limits.ts';
import type { Row, RowQuery, StoredRow, Value } from '../storage/tables.ts';

/**
 * Converts a row to JSON for storage, which guesses the type of a number that has none. Its guess
 * is right for 32-bit integers (Int32). Other numbers get a type here, so that none is rejected or
 * rounded. U+2028 and U+2029 are escaped, because Azurite (3.37) reads them as line ends and
 * responds with 500 to a transaction that contains one.
 */
export function toRawEntity(row: Row): string {
  const entity: Record<string, Value> = { PartitionKey: row.partitionKey, RowKey: row.rowKey };
  for (const [name, value] of Object.entries(rowValues(row))) {
    const type = typeof value === 'number' ? typeOf(value) : undefined;
    entity[name] = type === 'Edm.Int64' ? String(value) : value;
    if (type !== undefined) entity[name + TYPE] = type;
  }
  return JSON.stringify(entity).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function typeOf(value: number): string | undefined {
  if (isInt32(value)) return undefined;
  return Number.isSafeInteger(value) ? 'Edm.Int64' : 'Edm.Double';
}

/** An entity as storage sends it: `name@odata.type` is the type of `name` where JSON has none. */
export type RawEntity = Readonly<Record<string, unknown>>;

/**
 * Converts an entity to a row. Leaves out annotations, the timestamp, and the nulls that `select`
 * returns for absent properties. The SDK's own conversion copies every entity three times, which
 * takes longer than sending a callback to it.
 */
export function fromRawEntity(entity: RawEntity): StoredRow {
  const types = new Map<string, unknown>();
  for (const name in entity) if (name.endsWith(TYPE)) types.set(name.slice(0, -TYPE.length), entity[name]);
  const values: Record<string, Value> = {};
  for (const name in entity) {
    if (name === 'PartitionKey' || name === 'RowKey' || name === 'Timestamp' || name.includes('.')) continue;
    const value = entity[name];
    if (!isValue(value)) continue;
    const type = types.get(name);
    if (type === undefined || JSON_TYPES.has(type)) values[name] = value;
    else if (type === 'Edm.Int64') values[name] = Number(value);
  }
  return {
    partitionKey: String(entity['PartitionKey']),
    rowKey: String(entity['RowKey']),
    etag: String(entity['odata.etag']),
    values,
  };
}

const TYPE = '@odata.type';
const JSON_TYPES: ReadonlySet<unknown> = new Set(['Edm.String', 'Edm.Boolean', 'Edm.Int32', 'Edm.Double']);

/** Converts a query to an OData filter. */
export function toFilter({ partition, from, to, where = {}, present = [] }: RowQuery): string {
  const terms =
    typeof partition === 'string'
      ? [odata`PartitionKey eq ${partition}`]
      : [odata`PartitionKey ge ${partition.from}`, odata`PartitionKey lt ${partition.to}`];
  if (from !== undefined) terms.push(odata`RowKey ge ${from}`);
  if (to !== undefined) terms.push(odata`RowKey lt ${to}`);
  for (const [name, value] of Object.entries(where)) terms.push(`${name}${odata` eq ${value}`}`);
  // A comparison with a property that a row does not have, or that is not a string, is false.
  for (const name of present) terms.push(`${name} ge ''`);
  return terms.join(' and ');
}

function isValue(value: unknown): value is Value {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
