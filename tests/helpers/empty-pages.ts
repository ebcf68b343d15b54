import type { Tables } from '../../shared/storage/tables.ts';

/** The `next` of an empty page. */
const EMPTY = 'empty';

/** Tables whose queries each begin with `count` empty pages, as Azure may return them. */
export function withEmptyPages(tables: Tables, count = 1): Tables {
  return {
    ...tables,
    query(table, query) {
      const { next, ...rest } = query;
      if (next !== undefined && !next.startsWith(EMPTY)) return tables.query(table, query);
      const pages = next === undefined ? 0 : next.length - EMPTY.length;
      return pages < count
        ? Promise.resolve({ rows: [], next: `${EMPTY}${'.'.repeat(pages + 1)}` })
        : tables.query(table, rest);
    },
  };
}
