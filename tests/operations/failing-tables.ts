import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import { StorageError, type Tables } from '../../shared/storage/tables.ts';

export interface FailingTables extends Tables {
  /** Forgets everything. */
  reset(): void;
  /** So many calls from now on are answered, then none. */
  failAfter(calls: number): void;
}

/** Tables in memory that stop answering on request. A call that gets no answer has no effect. */
export function failingTables(): FailingTables {
  let tables = createMemoryTables();
  let left = Infinity;
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    if (left <= 0) throw new StorageError('tables', 'switched off by the test');
    left -= 1;
    return call();
  };
  return {
    reset() {
      tables = createMemoryTables();
      left = Infinity;
    },
    failAfter: (calls) => void (left = calls),
    get: (...args) => through(() => tables.get(...args)),
    query: (...args) => through(() => tables.query(...args)),
    write: (...args) => through(() => tables.write(...args)),
    tableNames: (prefix) => through(() => tables.tableNames(prefix)),
    dropTable: (table) => through(() => tables.dropTable(table)),
  };
}
