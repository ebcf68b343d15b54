import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readCsvRows, type CsvTable } from '../../shared/insights/csv-rows.ts';
import type { RowPage } from '../../shared/insights/entity-data.ts';
import { runsOf } from '../helpers/test-size.ts';

const columns = (types: Record<string, string>, hasHeader?: boolean): CsvTable => ({
  attributes: Object.entries(types).map(([name, dataType]) => ({ name, displayName: name, dataType })),
  hasHeader,
});
const texts = columns({ A: 'Edm.String', B: 'Edm.String' });

const whole = { skip: 0, top: 100 };
const bodyOf = (pieces: Iterable<string | Buffer>): Readable => Readable.from(pieces, { objectMode: false });

/** The page of a text or of its pieces; fails when it is no CSV. */
async function read(csv: string | (string | Buffer)[], table = texts, range = whole): Promise<RowPage> {
  const page = await readCsvRows(bodyOf(typeof csv === 'string' ? [csv] : csv), table, range);
  if (page.kind !== 'rows') throw new Error(page.kind);
  return page;
}

describe('a header', () => {
  test('is taken for the columns, in its own order', async () => {
    expect((await read('B,A\r\n1,2\r\n', { ...texts, hasHeader: true })).rows).toEqual([{ B: '1', A: '2' }]);
  });

  test.each([undefined, false])('is known by its names when hasHeader is %s', async (hasHeader) => {
    expect((await read('B,A\r\n1,2\r\n', { ...texts, hasHeader })).rows).toEqual([{ B: '1', A: '2' }]);
  });

  test('is not made out of a row with other values', async () => {
    expect((await read('A,x\r\n')).rows).toEqual([{ A: 'A', B: 'x' }]);
  });

  test('may name columns that the metadata does not', async () => {
    expect((await read('A,New\r\n1,2\r\n', { ...texts, hasHeader: true })).rows).toEqual([{ A: '1', New: '2' }]);
  });

  test('is no row of a range', async () => {
    const table = { ...texts, hasHeader: true };
    expect(await read('A,B\n1,2\n3,4\n', table, { skip: 1, top: 1 })).toEqual({
      kind: 'rows',
      rows: [{ A: '3', B: '4' }],
      hasMore: false,
    });
  });
});

test('data without any row is no rows', async () => {
  expect(await read('')).toEqual({ kind: 'rows', rows: [], hasMore: false });
  expect(await read('A,B\r\n')).toEqual({ kind: 'rows', rows: [], hasMore: false });
});

test('an empty line is a row of a table with one column', async () => {
  const table = columns({ A: 'Edm.String' });
  expect((await read('1\n\n2\n', table)).rows).toEqual([{ A: '1' }, { A: null }, { A: '2' }]);
});

test('a byte order mark is no part of the first value', async () => {
  expect((await read('\ufeffx,y\n')).rows).toEqual([{ A: 'x', B: 'y' }]);
});

test('a name out of the prototype is a name like any other', async () => {
  const [row] = (await read('x,y\n', columns({ ['__proto__']: 'Edm.String', constructor: '' }))).rows;
  expect(Object.entries(row ?? {})).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});

test('values have the type of their column, and stay texts where they are none of it', async () => {
  const table = columns({ I: 'Edm.Int64', D: 'Edm.Double', B: 'Edm.Boolean', T: 'Edm.DateTimeOffset', X: '' });
  const csv =
    '9007199254740993,1.50,True,2026-11-23T10:00:00Z,7\n1e3,NaN,1,,\n007,"1,5",false,x,-0\n-5,-0.5,FALSE,,""\n';
  const { rows } = await read(csv, table);
  expect(JSON.stringify(rows[0])).toBe('{"I":9007199254740993,"D":1.50,"B":true,"T":"2026-11-23T10:00:00Z","X":"7"}');
  expect(JSON.parse(JSON.stringify(rows.slice(1)))).toEqual([
    { I: 1000, D: 'NaN', B: '1', T: null, X: null },
    { I: '007', D: '1,5', B: false, T: 'x', X: '-0' },
    { I: -5, D: -0.5, B: false, T: null, X: '' },
  ]);
});

test('whatever the values, and wherever the stream is cut, they come out as they went in', async () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"', '""', ',', '\r\n', '\n', 'é', '客户'));
  const written = (row: string[]): string => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
  const rowsOf = fc.array(fc.tuple(value, value), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 9 }), async (rows, end, size) => {
      const sane = rows.map((row) => row.map((cell) => cell.toWellFormed()));
      // No table has a row of its own column names.
      fc.pre(sane[0]?.every((cell) => cell === 'A' || cell === 'B') !== true);
      const bytes = Buffer.from(sane.map((row) => written(row) + end).join(''));
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      const { rows: found } = await read(pieces.length === 0 ? '' : pieces);
      expect(found).toEqual(sane.map(([A, B]) => ({ A, B })));
    }),
    { numRuns: runsOf(100) },
  );
});

test('a range is rows from one position on, and says whether there are more', async () => {
  const csv = Array.from({ length: 10 }, (_, n) => `${n},x\n`).join('');
  const ids = async (skip: number, top: number) => {
    const { rows, hasMore } = await read(csv, texts, { skip, top });
    return [rows.map(({ A }) => A).join(''), hasMore];
  };
  expect(await ids(0, 3)).toEqual(['012', true]);
  expect(await ids(7, 3)).toEqual(['789', false]);
  expect(await ids(8, 3)).toEqual(['89', false]);
  expect(await ids(10, 3)).toEqual(['', false]);
  expect(await ids(99, 3)).toEqual(['', false]);
});

test('a page of long rows ends after four million characters', async () => {
  const row = `${'x'.repeat(500_000)},y\n`;
  const { rows, hasMore } = await read(Array.from({ length: 20 }, () => row));
  expect({ length: rows.length, hasMore }).toEqual({ length: 9, hasMore: true });
});

describe('what is no CSV is said to be none:', () => {
  test.each([
    ['a quote that is never closed', `"${'x'.repeat(2_000_000)}`],
    ['a quote that is never closed, at the end', '"x'],
    ['a quote in the middle', 'a"b,c\n'],
    ['a row without end', 'x'.repeat(2_000_000)],
  ])('%s', async (_, csv) => {
    expect(await readCsvRows(bodyOf([csv]), texts, whole)).toEqual({ kind: 'not-csv' });
  });
});

test('a stream that breaks off rejects as it did', async () => {
  const broken = bodyOf(
    (function* () {
      yield 'a,b\n';
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    })(),
  );
  await expect(readCsvRows(broken, texts, whole)).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test('a stream that never ends is ended behind the last row that is wanted', async () => {
  const body = bodyOf(
    (function* () {
      for (;;) yield 'a,b\n'.repeat(1000);
    })(),
  );
  const ended = new Promise((resolve) => body.on('close', resolve));
  await readCsvRows(body, texts, whole);
  await ended;
});
