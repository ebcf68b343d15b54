import type { Row, RowQuery, StoredRow, Tables, Value, Write } from '../../shared/storage/tables.ts';

/** A row of the partition `p`. */
export function row(rowKey: string, values: Readonly<Record<string, Value | undefined>> = {}): Row {
  return { partitionKey: 'p', rowKey, ...values };
}

/** The insertion of a row of the partition `p`. */
export function insert(rowKey: string, values?: Readonly<Record<string, Value | undefined>>): Write {
  return { kind: 'insert', row: row(rowKey, values) };
}

export function keysOf(rows: readonly StoredRow[]): string[] {
  return rows.map(({ rowKey }) => rowKey);
}

/** All rows of a query, page by page. */
export async function drain(tables: Tables, table: string, query: RowQuery): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  let page = await tables.query(table, query);
  rows.push(...page.rows);
  while (page.next !== undefined) {
    page = await tables.query(table, { ...query, next: page.next });
    rows.push(...page.rows);
  }
  return rows;
}
