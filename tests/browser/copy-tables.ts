import type { StoredRow, Tables, Write } from '../../shared/storage/tables.ts';
import { drain } from '../helpers/rows.ts';

/** Far fewer than a write may take, so that long rows fit too. */
const ROWS_AT_ONCE = 25;

/** Writes all rows of all tables into others, which have none of these rows. */
export async function copyTables(from: Tables, to: Tables): Promise<void> {
  const names = await Promise.all(Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => from.tableNames(letter)));
  for (const table of names.flat()) {
    const rows = await drain(from, table, { partition: { from: '', to: '~' } });
    const byPartition = Map.groupBy(rows, ({ partitionKey }) => partitionKey);
    for (const ofPartition of byPartition.values()) {
      for (let start = 0; start < ofPartition.length; start += ROWS_AT_ONCE) {
        const [first, ...others] = ofPartition.slice(start, start + ROWS_AT_ONCE).map(insertOf);
        if (first !== undefined) await to.write(table, [first, ...others]);
      }
    }
  }
}

function insertOf({ partitionKey, rowKey, values }: StoredRow): Write {
  return { kind: 'insert', row: { partitionKey, rowKey, ...values } };
}
