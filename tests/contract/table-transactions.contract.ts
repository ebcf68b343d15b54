import { describe, expect, test } from '@jest/globals';
import type { Tables, Write } from '../../shared/storage/tables.ts';
import { uniqueName } from '../helpers/azurite.ts';
import { drain, insert, row } from '../helpers/rows.ts';

type Writes = readonly [Write, ...Write[]];

/** Several writes at once. */
export function tableTransactionsContract(tables: Tables): void {
  const write = (table: string, ...writes: Writes): ReturnType<Tables['write']> => tables.write(table, writes);
  const etagOf = async (table: string, rowKey: string): Promise<string> =>
    (await tables.get(table, 'p', rowKey))?.etag ?? 'no row';

  describe('transactions', () => {
    test('writes of every kind take effect together', async () => {
      const table = uniqueName('tx');
      await write(table, insert('replaced', { n: 1 }), insert('deleted'), insert('kept', { n: 1 }));
      const result = await write(
        table,
        insert('inserted', { n: 2 }),
        { kind: 'replace', row: row('replaced', { n: 2 }), etag: await etagOf(table, 'replaced') },
        { kind: 'delete', row: row('deleted'), etag: await etagOf(table, 'deleted') },
        { kind: 'upsert', row: row("up'serted", { n: 2 }) },
      );
      const rows = await drain(tables, table, { partition: 'p' });
      expect(rows.map(({ rowKey, values }) => [rowKey, values['n']])).toEqual([
        ['inserted', 2],
        ['kept', 1],
        ['replaced', 2],
        ["up'serted", 2],
      ]);
      const [inserted, , replaced, upserted] = rows.map(({ etag }) => etag);
      expect(result).toEqual({ kind: 'written', etags: [inserted, replaced, undefined, upserted] });
    });

    test.each([
      ['an insert of what exists', 'exists', (): Write => insert('there')],
      [
        'a replacement of what changed',
        'changed',
        (stale: string): Write => ({ kind: 'replace', row: row('there'), etag: stale }),
      ],
      [
        'a replacement of what is missing',
        'missing',
        (): Write => ({ kind: 'replace', row: row('absent'), etag: '*' }),
      ],
      [
        'a deletion of what changed',
        'changed',
        (stale: string): Write => ({ kind: 'delete', row: row('there'), etag: stale }),
      ],
      ['a deletion of what is missing', 'missing', (): Write => ({ kind: 'delete', row: row('absent'), etag: '*' })],
    ])('%s keeps all of them from taking effect and is named', async (_, reason, conflicting) => {
      const table = uniqueName('tx');
      await write(table, insert('there', { n: 1 }), insert('other', { n: 1 }));
      const stale = await etagOf(table, 'there');
      await write(table, { kind: 'upsert', row: row('there', { n: 2 }) });
      const others = Array.from({ length: 11 }, (_, n) => insert(`new${n}`));
      const deletion: Write = { kind: 'delete', row: row('other'), etag: '*' };
      expect(await write(table, deletion, ...others, conflicting(stale), insert('last'))).toEqual({
        kind: 'conflict',
        reason,
        index: 12,
      });
      const rows = await drain(tables, table, { partition: 'p' });
      expect(rows.map(({ rowKey, values }) => [rowKey, values['n']])).toEqual([
        ['other', 1],
        ['there', 2],
      ]);
    });

    test('the first of several conflicts is named', async () => {
      const table = uniqueName('tx');
      await write(table, insert('there'));
      const result = await write(
        table,
        insert('new'),
        { kind: 'delete', row: row('absent'), etag: '*' },
        insert('there'),
      );
      expect(result).toEqual({ kind: 'conflict', reason: 'missing', index: 1 });
    });

    test('a hundred rows go into a new table at once', async () => {
      const table = uniqueName('tx');
      const [first, ...rest] = Array.from({ length: 100 }, (_, n) => insert(String(n).padStart(3, '0'), { n }));
      if (!first) throw new Error('no row');
      expect(await write(table, first, ...rest)).toMatchObject({ kind: 'written' });
      expect(await drain(tables, table, { partition: 'p' })).toHaveLength(100);
    });
  });
}
