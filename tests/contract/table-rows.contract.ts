import { describe, expect, test } from '@jest/globals';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { uniqueName } from '../helpers/azurite.ts';
import { drain, insert, keysOf, row } from '../helpers/rows.ts';

type Writes = readonly [Write, ...Write[]];

/** Single rows and the tables that hold them. */
export function tableRowsContract(tables: Tables): void {
  const write = (table: string, ...writes: Writes): ReturnType<Tables['write']> => tables.write(table, writes);
  const etagOf = async (table: string, rowKey: string): Promise<string> =>
    (await tables.get(table, 'p', rowKey))?.etag ?? 'no row';

  describe('rows', () => {
    test('a row comes back as it was written, without its absent properties', async () => {
      const table = uniqueName('rows');
      const values = { text: 'a', count: 3, open: false, empty: '' };
      const result = await write(table, insert('r', { ...values, absent: undefined }));
      expect(await tables.get(table, 'p', 'r')).toEqual({
        partitionKey: 'p',
        rowKey: 'r',
        etag: result.kind === 'written' ? result.etags[0] : 'none',
        values,
      });
    });

    test('a row that is not there is undefined, in a table with rows and in none', async () => {
      const table = uniqueName('rows');
      expect(await tables.get(table, 'p', 'r')).toBeUndefined();
      await write(table, insert('other'));
      expect(await tables.get(table, 'p', 'r')).toBeUndefined();
      expect(await tables.get(table, 'q', 'other')).toBeUndefined();
    });

    test('a row is inserted once', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { n: 1 }));
      expect(await write(table, insert('r', { n: 2 }))).toEqual({ kind: 'conflict', reason: 'exists', index: 0 });
      expect((await tables.get(table, 'p', 'r'))?.values).toEqual({ n: 1 });
    });

    test('of many who insert the same row into a new table at once, one succeeds', async () => {
      const table = uniqueName('rows');
      const results = await Promise.all(Array.from({ length: 12 }, (_, n) => write(table, insert('r', { n }))));
      expect(results.filter(({ kind }) => kind === 'written')).toHaveLength(1);
      expect(results.filter((result) => result.kind === 'conflict' && result.reason === 'exists')).toHaveLength(11);
    });

    test('a replaced row has nothing of what it was', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { a: 1, b: 1 }));
      await write(table, { kind: 'replace', row: row('r', { b: 2 }), etag: await etagOf(table, 'r') });
      expect((await tables.get(table, 'p', 'r'))?.values).toEqual({ b: 2 });
      await write(table, { kind: 'upsert', row: row('r', { c: 3 }) });
      expect((await tables.get(table, 'p', 'r'))?.values).toEqual({ c: 3 });
    });

    test('a row that changed since it was read is neither replaced nor deleted', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { n: 1 }));
      const etag = await etagOf(table, 'r');
      await write(table, { kind: 'upsert', row: row('r', { n: 1 }) });
      const changed = { kind: 'conflict', reason: 'changed', index: 0 };
      expect(await write(table, { kind: 'replace', row: row('r', { n: 2 }), etag })).toEqual(changed);
      expect(await write(table, { kind: 'delete', row: row('r'), etag })).toEqual(changed);
      expect((await tables.get(table, 'p', 'r'))?.values).toEqual({ n: 1 });
    });

    test('a row that is deleted and inserted again is another row', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { n: 1 }));
      const etag = await etagOf(table, 'r');
      await write(table, { kind: 'delete', row: row('r'), etag });
      await write(table, insert('r', { n: 1 }));
      expect(await write(table, { kind: 'delete', row: row('r'), etag })).toMatchObject({ reason: 'changed' });
    });

    test('what is not there can be neither replaced nor deleted', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r'));
      const etag = await etagOf(table, 'r');
      const missing = { kind: 'conflict', reason: 'missing', index: 0 };
      for (const condition of [etag, '*']) {
        expect(await write(table, { kind: 'replace', row: row('s'), etag: condition })).toEqual(missing);
        expect(await write(table, { kind: 'delete', row: row('s'), etag: condition })).toEqual(missing);
      }
    });

    test('the etag * matches any row', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { n: 1 }));
      expect(await write(table, { kind: 'replace', row: row('r', { n: 2 }), etag: '*' })).toMatchObject({
        kind: 'written',
      });
      expect(await write(table, { kind: 'delete', row: row('r'), etag: '*' })).toEqual({
        kind: 'written',
        etags: [undefined],
      });
      expect(await tables.get(table, 'p', 'r')).toBeUndefined();
    });

    test('every write gives another etag, the one that a read finds', async () => {
      const table = uniqueName('rows');
      const etags = new Set<string>();
      for (let n = 0; n < 30; n += 1) {
        const result = await write(table, { kind: 'upsert', row: row('r', { n: 1 }) });
        if (result.kind !== 'written') throw new Error(result.reason);
        expect(await etagOf(table, 'r')).toBe(result.etags[0]);
        etags.add(result.etags[0] ?? '');
      }
      expect(etags.size).toBe(30);
    });

    test('no increment is lost among those who swap by etag', async () => {
      const table = uniqueName('rows');
      await write(table, insert('r', { n: 0 }));
      const increment = async (): Promise<void> => {
        const stored = await tables.get(table, 'p', 'r');
        if (!stored) throw new Error('no row');
        const next = row('r', { n: Number(stored.values['n']) + 1 });
        const result = await write(table, { kind: 'replace', row: next, etag: stored.etag });
        if (result.kind === 'conflict') await increment();
      };
      await Promise.all(Array.from({ length: 8 }, increment));
      expect((await tables.get(table, 'p', 'r'))?.values).toEqual({ n: 8 });
    });
  });

  describe('tables', () => {
    test('a table exists once something was written to it', async () => {
      const prefix = uniqueName('tables');
      expect(await tables.tableNames(prefix)).toEqual([]);
      await tables.query(`${prefix}a`, { partition: 'p' });
      await write(`${prefix}a`, { kind: 'replace', row: row('r'), etag: '*' });
      await write(`${prefix}a`, insert('new'), { kind: 'delete', row: row('r'), etag: '*' });
      expect(await tables.tableNames(prefix)).toEqual([]);
      for (const name of ['z', 'a', 'a1']) await write(prefix + name, insert('r'));
      await write(`${prefix.slice(0, -1)}~`.replace('~', 'zz'), insert('r'));
      expect(await tables.tableNames(prefix)).toEqual(['a', 'a1', 'z'].map((name) => prefix + name));
    });

    test('a write that needs a row in a table that is not there names this write', async () => {
      const table = uniqueName('tables');
      const result = await write(table, insert('r'), { kind: 'delete', row: row('s'), etag: '*' });
      expect(result).toEqual({ kind: 'conflict', reason: 'missing', index: 1 });
    });

    test('a dropped table is gone with its rows, and may come back empty', async () => {
      const table = uniqueName('tables');
      await write(table, insert('r'));
      await tables.dropTable(table);
      await tables.dropTable(table);
      expect(await tables.tableNames(table)).toEqual([]);
      expect(await tables.get(table, 'p', 'r')).toBeUndefined();
      await write(table, insert('s'));
      expect(keysOf(await drain(tables, table, { partition: 'p' }))).toEqual(['s']);
    });
  });
}
