import type { Queues } from '../../shared/storage/queues.ts';
import type { Tables } from '../../shared/storage/tables.ts';

/**
 * Every call of the storage ports so far, e.g. `write state`. Each is one storage request, as the
 * ports promise.
 */
export type StorageCalls = string[];

/** The same tables, which count the rows that they return. */
export function countedRows(tables: Tables, rows: { count: number }): Tables {
  return {
    ...tables,
    async get(...address) {
      const row = await tables.get(...address);
      if (row !== undefined) rows.count += 1;
      return row;
    },
    async query(...query) {
      const page = await tables.query(...query);
      rows.count += page.rows.length;
      return page;
    },
  };
}

/** The same tables, whose calls are noted. */
export function countedTables(tables: Tables, calls: StorageCalls): Tables {
  return {
    get: (table, ...keys) => noting(calls, `get ${table}`, () => tables.get(table, ...keys)),
    query: (table, query) => noting(calls, `query ${table}`, () => tables.query(table, query)),
    write: (table, writes) => noting(calls, `write ${table}`, () => tables.write(table, writes)),
    tableNames: (prefix) => noting(calls, 'tableNames', () => tables.tableNames(prefix)),
    dropTable: (table) => noting(calls, `drop ${table}`, () => tables.dropTable(table)),
  };
}

/** Notes whose length is read from here on. */
export function countLengths(queues: Queues, calls: StorageCalls): void {
  const length = queues.length.bind(queues);
  queues.length = (queue) => noting(calls, `length ${queue}`, () => length(queue));
}

/** Notes what is sent from here on. */
export function countSends(queues: Queues, calls: StorageCalls): void {
  const send = queues.send.bind(queues);
  queues.send = (queue, ...rest) => noting(calls, `send ${queue}`, () => send(queue, ...rest));
}

function noting<T>(calls: StorageCalls, call: string, action: () => T): T {
  calls.push(call);
  return action();
}
