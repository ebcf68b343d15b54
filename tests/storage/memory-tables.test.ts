import { describe, expect, test } from '@jest/globals';
import { createMemoryTables } from '../../shared/storage/memory-tables.ts';
import type { Row } from '../../shared/storage/tables.ts';
import { tablesContract } from '../contract/tables.contract.ts';
import { drain, insert } from '../helpers/rows.ts';

describe('tables in memory', () => {
  const tables = createMemoryTables();
  tablesContract(() => tables);
});

describe('tables in memory that scan three rows for a page', () => {
  const tables = createMemoryTables({ rowsPerScan: 3 });
  tablesContract(() => tables);
});

test('a page is empty, and not the last, when no row that it scanned matches', async () => {
  const tables = createMemoryTables({ rowsPerScan: 2 });
  await tables.write('rows', [insert('a', { n: 1 }), insert('b', { n: 1 }), insert('c', { n: 2 })]);
  const query = { partition: 'p', where: { n: 2 } };
  expect(await tables.query('rows', query)).toEqual({ rows: [], next: expect.any(String) });
  expect(await drain(tables, 'rows', query)).toMatchObject([{ rowKey: 'c' }]);
});

test('a row in memory is a copy of what was written, and read only', async () => {
  const tables = createMemoryTables();
  const row: Row & { n: number } = { partitionKey: 'p', rowKey: 'r', n: 1 };
  await tables.write('rows', [{ kind: 'insert', row }]);
  row.n = 2;
  const stored = await tables.get('rows', 'p', 'r');
  expect(stored?.values).toEqual({ n: 1 });
  expect(() => Object.assign(stored?.values ?? {}, { n: 3 })).toThrow(TypeError);
});
