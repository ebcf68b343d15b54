import type { RowQuery, StoredRow, Tables } from './tables.ts';

/**
 * Yields every row of a query and reads each page only when it is needed. One storage request per
 * page.
 */
export async function* allRows(
  tables: Pick<Tables, 'query'>,
  table: string,
  query: Omit<RowQuery, 'next'>,
): AsyncGenerator<StoredRow> {
  for await (const rows of rowPages(tables, table, query)) yield* rows;
}

/**
 * Reads every row of a query. Faster than `allRows` when all rows are needed, because it awaits
 * once per page and not once per row.
 */
export async function readAllRows(
  tables: Pick<Tables, 'query'>,
  table: string,
  query: Omit<RowQuery, 'next'>,
): Promise<StoredRow[]> {
  const all: StoredRow[] = [];
  for await (const rows of rowPages(tables, table, query)) all.push(...rows);
  return all;
}

async function* rowPages(
  tables: Pick<Tables, 'query'>,
  table: string,
  query: Omit<RowQuery, 'next'>,
): AsyncGenerator<readonly StoredRow[]> {
  let next: string | undefined;
  do {
    const page = await tables.query(table, { ...query, ...(next !== undefined && { next }) });
    yield page.rows;
    next = page.next;
  } while (next !== undefined);
}
