import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RowQuery, Tables, Write } from '../../shared/storage/tables.ts';
import { anyKey, KEY_ALPHABET } from '../helpers/arbitrary-rows.ts';
import { uniqueName } from '../helpers/azurite.ts';
import { drain, insert, keysOf } from '../helpers/rows.ts';
import { inRotation } from '../helpers/test-size.ts';

type Writes = readonly [Write, ...Write[]];

/** Queries, their order and their pages. */
export function tableRangesContract(tables: Tables): void {
  const write = (table: string, ...writes: Writes): ReturnType<Tables['write']> => tables.write(table, writes);

  describe('ranges', () => {
    const filled = async (): Promise<string> => {
      const table = uniqueName('ranges');
      for (const partitionKey of ['a', 'b', 'c']) {
        const [first, ...rest] = ['1', '2', '3', '4'].map((rowKey): Write => ({
          kind: 'insert',
          row: {
            partitionKey,
            rowKey,
            odd: Number(rowKey) % 2 === 1,
            n: Number(rowKey),
            ...(rowKey === '2' && { text: '' }),
            ...(rowKey === '4' && { text: 'set' }),
          },
        }));
        if (first) await write(table, first, ...rest);
      }
      return table;
    };

    test.each<[string, RowQuery, string]>([
      ['a partition', { partition: 'b' }, 'b1 b2 b3 b4'],
      ['a partition that is not there', { partition: 'bb' }, ''],
      ['rows from a key on', { partition: 'b', from: '3' }, 'b3 b4'],
      ['rows before a key', { partition: 'b', to: '3' }, 'b1 b2'],
      ['rows between two keys', { partition: 'b', from: '11', to: '3x' }, 'b2 b3'],
      ['an empty range', { partition: 'b', from: '3', to: '3' }, ''],
      ['several partitions', { partition: { from: 'a', to: 'c' } }, 'a1 a2 a3 a4 b1 b2 b3 b4'],
      ['the same rows of several partitions', { partition: { from: '', to: '~' }, from: '2', to: '3' }, 'a2 b2 c2'],
      ['rows with a property', { partition: 'b', where: { odd: true } }, 'b1 b3'],
      ['rows with a number', { partition: { from: 'a', to: 'z' }, where: { n: 4 } }, 'a4 b4 c4'],
      ['rows with two properties', { partition: 'b', where: { odd: true, n: 3 } }, 'b3'],
      ['rows that have a text, an empty one too', { partition: 'b', present: ['text'] }, 'b2 b4'],
      ['rows that have a text and a property', { partition: 'b', present: ['text'], where: { n: 4 } }, 'b4'],
      ['rows with a property that none has', { partition: 'b', where: { absent: 'x' } }, ''],
    ])('%s is found in order', async (_, query, expected) => {
      const table = await filled();
      for (const limit of [1, 3, 1000]) {
        const rows = await drain(tables, table, { ...query, limit });
        expect(rows.map(({ partitionKey, rowKey }) => partitionKey + rowKey).join(' ')).toBe(expected);
      }
    });

    test('a table that does not exist has no rows', async () => {
      expect(await tables.query(uniqueName('ranges'), { partition: 'p' })).toEqual({ rows: [] });
    });

    test('a page has at most as many rows as asked for', async () => {
      const table = await filled();
      const page = await tables.query(table, { partition: 'b', limit: 3 });
      expect(keysOf(page.rows)).toEqual(['1', '2', '3']);
      const { next = 'none' } = page;
      expect(keysOf((await tables.query(table, { partition: 'b', limit: 3, next })).rows)).toEqual(['4']);
    });

    test('a page goes on where the one before ended, whatever was written or deleted there', async () => {
      const table = await filled();
      const { next = 'none' } = await tables.query(table, { partition: 'b', limit: 2 });
      await write(table, { kind: 'delete', row: { partitionKey: 'b', rowKey: '3' }, etag: '*' });
      await write(table, { kind: 'insert', row: { partitionKey: 'b', rowKey: '11' } });
      await write(table, { kind: 'insert', row: { partitionKey: 'b', rowKey: '35' } });
      expect(keysOf((await tables.query(table, { partition: 'b', next })).rows)).toEqual(['35', '4']);
    });

    test('only the selected properties come along, and always the keys and the etag', async () => {
      const table = await filled();
      const all = await drain(tables, table, { partition: 'b', to: '2' });
      const expected = { partitionKey: 'b', rowKey: '1', etag: all[0]?.etag };
      expect(
        await drain(tables, table, { partition: 'b', to: '2', select: ['n', 'absent'], where: { odd: true } }),
      ).toEqual([{ ...expected, values: { n: 1 } }]);
      expect(await drain(tables, table, { partition: 'b', to: '2', select: [] })).toEqual([
        { ...expected, values: {} },
      ]);
    });

    test('the end of a page that no page gave is refused', async () => {
      const query = { partition: 'b', next: '??' };
      await expect(tables.query(await filled(), query)).rejects.toThrow(RangeError);
    });

    test('a string is searched for as it is, whatever characters it has', async () => {
      const table = uniqueName('ranges');
      const text = `it's "50%" & <more>, a+b=c \r\n\t;/?#\\ ü 日本 😀 ' or 1 eq 1`;
      await write(table, insert('same', { text }), insert('other', { text: `${text}'` }));
      expect(keysOf(await drain(tables, table, { partition: 'p', where: { text } }))).toEqual(['same']);
    });

    test('keys of any allowed characters lead to their row', async () => {
      const table = uniqueName('keys');
      for (const character of inRotation([...KEY_ALPHABET, '~'.repeat(170)], 10)) {
        for (const key of [character, `${character}a${character}`]) {
          const here = { partitionKey: key, rowKey: key };
          const other = { partitionKey: key, rowKey: 'other' };
          await write(table, { kind: 'insert', row: { ...here, n: 1 } });
          const stored = await tables.get(table, key, key);
          expect(stored).toMatchObject({ ...here, values: { n: 1 } });
          expect((await tables.query(table, { partition: key, from: key })).rows).toEqual([stored]);
          await write(table, { kind: 'replace', row: { ...here, n: 2 }, etag: stored?.etag ?? '' });
          expect((await tables.get(table, key, key))?.values).toEqual({ n: 2 });
          await write(table, { kind: 'replace', row: { ...here, n: 3 }, etag: '*' }, { kind: 'insert', row: other });
          expect((await tables.get(table, key, key))?.values).toEqual({ n: 3 });
          await write(table, { kind: 'delete', row: here, etag: '*' }, { kind: 'delete', row: other, etag: '*' });
          expect((await tables.query(table, { partition: key })).rows).toEqual([]);
        }
      }
    });

    test('any range of any keys is in the order of their bytes', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(anyKey(), { minLength: 1, maxLength: 25 }),
          anyKey(),
          anyKey(),
          fc.integer({ min: 1, max: 9 }),
          async (keys, from, to, limit) => {
            const table = uniqueName('order');
            const [first, ...rest] = keys.map((key) => insert(key));
            if (first) await write(table, first, ...rest);
            const inOrder = keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
            expect(keysOf(await drain(tables, table, { partition: 'p', limit }))).toEqual(inOrder);
            expect(keysOf(await drain(tables, table, { partition: 'p', from, to, limit }))).toEqual(
              inOrder.filter((key) => key >= from && key < to),
            );
            await tables.dropTable(table);
          },
        ),
        { numRuns: 30 },
      );
    });
  });
}
