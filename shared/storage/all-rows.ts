import type { RowQuery, StoredRow, Tables } from './tables.ts';

/** Every row of a query, page after page as they are asked for. One storage request a page. */
export async function* allRows(
  tables: Pick<Tables, 'query'>,
  table: string,
  query: Omit<RowQuery, 'next'>,
): AsyncGenerator<StoredRow> {
  for await (const rows of rowPages(tables, table, query)) yield* rows;
}

/** The same for those who want all of them: a step per page costs less than one per row. */
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
