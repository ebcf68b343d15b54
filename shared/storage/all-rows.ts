import type { RowQuery, StoredRow, Tables } from './tables.ts';

/** Every row of a query, page after page as they are asked for. One storage request a page. */
export async function* allRows(
  tables: Pick<Tables, 'query'>,
  table: string,
  query: Omit<RowQuery, 'next'>,
): AsyncGenerator<StoredRow> {
  let next: string | undefined;
  do {
    const page = await tables.query(table, { ...query, ...(next !== undefined && { next }) });
    yield* page.rows;
    next = page.next;
  } while (next !== undefined);
}
