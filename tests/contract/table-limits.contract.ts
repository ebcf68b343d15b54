import { describe, expect, test } from '@jest/globals';
import type { RowQuery, Tables, Write } from '../../shared/storage/tables.ts';
import { uniqueName } from '../helpers/azurite.ts';
import { insert, row } from '../helpers/rows.ts';

type Writes = readonly [Write, ...Write[]];

/** What no request is made for. */
export function tableLimitsContract(tables: Tables): void {
  describe('what is refused', () => {
    test.each<[string, Writes]>([
      ['NaN', [insert('r', { n: NaN })]],
      ['infinity', [insert('r', { n: -Infinity })]],
      ['a string of 32,001 characters', [insert('r', { text: 'x'.repeat(32_001) })]],
      ['null', [insert('r', { n: null as unknown as string })]],
      ['a nested value', [insert('r', { n: {} as unknown as string })]],
      ['a property called etag', [insert('r', { etag: 'x' })]],
      ['a property called timestamp', [insert('r', { Timestamp: 'x' })]],
      ['a property called by other characters', [insert('r', { 'a.b': 'x' })]],
      ['an empty row key', [insert('')]],
      ['a row key of 513 characters', [insert('x'.repeat(513))]],
      ...['/', '\\', '#', '?', '%', ',', '\n', 'ü', '\u007f'].map((c): [string, Writes] => [
        `the key ${c}`,
        [insert(`a${c}a`)],
      ]),
      ['an empty partition key', [{ kind: 'upsert', row: { partitionKey: '', rowKey: 'r' } }]],
      ['an empty etag', [{ kind: 'delete', row: row('r'), etag: '' }]],
      ['an etag of two lines', [{ kind: 'delete', row: row('r'), etag: 'W/"1"\r\nx: y' }]],
      ['two writes to one row', [insert('r'), { kind: 'delete', row: row('r'), etag: '*' }]],
      ['two partitions', [insert('r'), { kind: 'upsert', row: { partitionKey: 'q', rowKey: 'r' } }]],
      ['no write', [] as unknown as Writes],
      ['101 writes', Array.from({ length: 101 }, (_, n) => insert(`r${n}`)) as unknown as Writes],
    ])('%s is refused', async (_, writes) => {
      await expect(tables.write(uniqueName('refused'), writes)).rejects.toThrow(RangeError);
    });

    test.each<[string, RowQuery]>([
      ['a page of none', { partition: 'p', limit: 0 }],
      ['a page of 1,001', { partition: 'p', limit: 1001 }],
      ['a page of half a row', { partition: 'p', limit: 1.5 }],
      ['an empty partition', { partition: '' }],
      ['a bound outside ASCII', { partition: 'p', to: '\u{10ffff}' }],
      ['a property that cannot be', { partition: 'p', where: { 'a eq 1 or b': 1 } }],
      ['a selection that cannot be', { partition: 'p', select: ['a,b'] }],
      ['a fraction to search for', { partition: 'p', where: { n: 0.5 } }],
    ])('%s is refused', async (_, query) => {
      await expect(tables.query(uniqueName('refused'), query)).rejects.toThrow(RangeError);
    });

    test.each(['', 'ab', 'Upper', '1digit', 'has-hyphen', 'x'.repeat(64)])(
      'the table name "%s" is refused',
      async (table) => {
        await expect(tables.get(table, 'p', 'r')).rejects.toThrow(RangeError);
        await expect(tables.query(table, { partition: 'p' })).rejects.toThrow(RangeError);
        await expect(tables.write(table, [insert('r')])).rejects.toThrow(RangeError);
        await expect(tables.dropTable(table)).rejects.toThrow(RangeError);
      },
    );
  });
}
