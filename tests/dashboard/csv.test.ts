import { expect, test } from '@jest/globals';
import { csvOf, type CsvColumn } from '../../dashboard/live/csv.ts';

const columns: readonly CsvColumn<{ name: string; count?: number }>[] = [
  ['name', ({ name }) => name],
  ['count', ({ count }) => count],
];

test('rows are lines under the names of their columns', () => {
  expect(csvOf(columns, [{ name: 'one', count: -1 }, { name: '' }])).toBe('name,count\r\none,-1\r\n,\r\n');
});

test.each([
  ['a "quoted" word', '"a ""quoted"" word"'],
  ['a, b', '"a, b"'],
  ['two\nlines', '"two\nlines"'],
])('the text %j is quoted', (name, cell) => {
  expect(csvOf(columns, [{ name }])).toBe(`name,count\r\n${cell},\r\n`);
});

test.each(['=HYPERLINK("http://x","y")', '+1', '-1+2', '@SUM(A1)', '\t=1', '  =1', '\r=1', '\u0000=1'])(
  'the text %j is no formula in a spreadsheet',
  (name) => {
    const [, line = ''] = /\r\n([^]*),\r\n$/.exec(csvOf(columns, [{ name }])) ?? [];
    expect(line.replace(/^"/, '')).toMatch(/^'/);
  },
);

test.each(['a;=1+1', 'a; -1', 'a";=1+1', 'a\n=1', 'a\r\n+1', 'a\t@SUM(A1)'])(
  'the text %j is no formula in a spreadsheet that separates cells by semicolons or tabs',
  (name) => {
    const cells = csvOf(columns, [{ name }]).split(/[;\t\r\n]/);
    expect(cells.filter((cell) => /^\s*[=+\-@]/.test(cell))).toEqual([]);
  },
);

test.each(['\u200b=1', '\uff1d1+1'])('the text %j with other characters is no formula either', (name) => {
  expect(csvOf(columns, [{ name }])).toContain(`'${name}`);
});

test.each(['a = b', 'one; two', 'e-mail', 'a\nb', ''])('the text %j gets no apostrophe', (name) => {
  expect(csvOf(columns, [{ name }])).not.toContain("'");
});
