import type { Tables } from '../../shared/storage/tables.ts';
import { uniqueName } from './azurite.ts';

/** The same tables under names of their own, so that tests that share a storage do not meet. */
export function uniqueTables(tables: Tables, prefix = uniqueName('t')): Tables {
  return {
    get: (table, ...keys) => tables.get(prefix + table, ...keys),
    query: (table, query) => tables.query(prefix + table, query),
    write: (table, writes) => tables.write(prefix + table, writes),
    tableNames: async (start) => (await tables.tableNames(prefix + start)).map((name) => name.slice(prefix.length)),
    dropTable: (table) => tables.dropTable(prefix + table),
  };
}
