import { describe, expect, test } from '@jest/globals';
import { createAzureTables } from '../../shared/azure/azure-tables.ts';
import { createRequestCounter } from '../../shared/azure/request-counter.ts';
import { openStorageClients } from '../../shared/azure/storage-clients.ts';
import { tablesContract } from '../contract/tables.contract.ts';
import { sharedAzurite, uniqueName } from '../helpers/azurite.ts';
import { drain, insert, row } from '../helpers/rows.ts';

const account = sharedAzurite();

describe('tables in Azurite', () => {
  tablesContract(() => createAzureTables({ clients: openStorageClients({ account }) }));
});

describe('requests', () => {
  const counter = createRequestCounter();
  const tables = createAzureTables({ clients: openStorageClients({ account, policyFor: counter.policyFor }) });

  test('a table is created by the first write that misses it, and by no read', async () => {
    const table = uniqueName('cost');
    counter.reset();
    await tables.get(table, 'p', 'r');
    await tables.query(table, { partition: 'p' });
    await tables.write(table, [{ kind: 'delete', row: row('r'), etag: '*' }]);
    expect(counter.counts()).toEqual({ 'tables.get': 1, 'tables.query': 1, 'tables.delete': 1 });
    counter.reset();
    await tables.write(table, [insert('r')]);
    expect(counter.counts()).toEqual({ 'tables.insert': 2, 'tables.createTable': 1 });
    counter.reset();
    await tables.write(table, [insert('s')]);
    expect(counter.counts()).toEqual({ 'tables.insert': 1 });
    expect(counter.rows()).toBe(0);
  });

  test('a write is one request, however many rows it has', async () => {
    const table = uniqueName('cost');
    await tables.write(table, [insert('a'), insert('b')]);
    counter.reset();
    await tables.write(table, [{ kind: 'upsert', row: row('a') }]);
    await tables.write(table, [{ kind: 'replace', row: row('a'), etag: '*' }]);
    await tables.write(table, [
      insert('c'),
      { kind: 'delete', row: row('a'), etag: '*' },
      { kind: 'upsert', row: row('b') },
    ]);
    expect(counter.counts()).toEqual({ 'tables.replaceOrUpsert': 2, 'tables.transaction': 1 });
  });

  test('a page is one request, and its rows are counted', async () => {
    const table = uniqueName('cost');
    await tables.write(table, [insert('a'), insert('b'), insert('c'), insert('d'), insert('e')]);
    counter.reset();
    await drain(tables, table, { partition: 'p', from: 'b', limit: 3 });
    expect(counter.counts()).toEqual({ 'tables.query': 2 });
    expect(counter.rows()).toBe(4);
  });

  test('listing and dropping tables are one request each', async () => {
    const table = uniqueName('cost');
    await tables.write(table, [insert('r')]);
    counter.reset();
    expect(await tables.tableNames(table)).toEqual([table]);
    await tables.dropTable(table);
    expect(counter.counts()).toEqual({ 'tables.listTables': 1, 'tables.dropTable': 1 });
    expect(counter.total()).toBe(2);
  });

  test('what breaks a limit costs none', async () => {
    counter.reset();
    await expect(tables.get('table', 'p', 'a/b')).rejects.toThrow(RangeError);
    await expect(tables.query('table', { partition: 'p', limit: 0 })).rejects.toThrow(RangeError);
    await expect(tables.query('table', { partition: 'p', next: '??' })).rejects.toThrow(RangeError);
    await expect(tables.write('table', [insert('r', { n: NaN })])).rejects.toThrow(RangeError);
    await expect(tables.tableNames('%')).rejects.toThrow(RangeError);
    await expect(tables.dropTable('%')).rejects.toThrow(RangeError);
    expect(counter.total()).toBe(0);
  });
});
