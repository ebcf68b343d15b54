import { odata } from '@azure/data-tables';
import type { TableEntity, TableEntityResult } from '@azure/data-tables';
import { isInt32, rowValues } from '../storage/table-limits.ts';
import type { Row, RowQuery, StoredRow, Value } from '../storage/tables.ts';

/**
 * The row as the SDK sends it. The SDK leaves numbers untyped and the service guesses: whole numbers of 32 bits become Int32, which
 * is right; the others are typed here, so that none is refused or rounded.
 */
export function toEntity(row: Row): TableEntity {
  const entity: TableEntity = { partitionKey: row.partitionKey, rowKey: row.rowKey };
  for (const [name, value] of Object.entries(rowValues(row)))
    entity[name] = typeof value === 'number' ? typed(value) : value;
  return entity;
}

function typed(value: number): unknown {
  if (isInt32(value)) return value;
  if (Number.isSafeInteger(value)) return { type: 'Int64', value: String(value) };
  return { type: 'Double', value };
}

/** Leaves out what is not ours: annotations, the time stamp, and the nulls that `select` gives for absent properties. */
export function fromEntity(entity: Pick<TableEntityResult<object>, 'partitionKey' | 'rowKey' | 'etag'>): StoredRow {
  const { partitionKey = '', rowKey = '', etag, ...properties } = entity;
  const values: Record<string, Value> = {};
  for (const [name, value] of Object.entries<unknown>(properties)) {
    if (name === 'timestamp' || name.includes('.')) continue;
    if (typeof value === 'bigint') values[name] = Number(value);
    else if (isValue(value)) values[name] = value;
  }
  return { partitionKey, rowKey, etag, values };
}

/** The query as the service filters it. */
export function toFilter({ partition, from, to, where = {}, present = [] }: RowQuery): string {
  const terms =
    typeof partition === 'string'
      ? [odata`PartitionKey eq ${partition}`]
      : [odata`PartitionKey ge ${partition.from}`, odata`PartitionKey lt ${partition.to}`];
  if (from !== undefined) terms.push(odata`RowKey ge ${from}`);
  if (to !== undefined) terms.push(odata`RowKey lt ${to}`);
  for (const [name, value] of Object.entries(where)) terms.push(`${name}${odata` eq ${value}`}`);
  // A comparison with a property that a row does not have, or that is no text, is false.
  for (const name of present) terms.push(`${name} ge ''`);
  return terms.join(' and ');
}

function isValue(value: unknown): value is Value {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
