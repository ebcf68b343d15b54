import { expect, test } from '@jest/globals';
import { fromRawEntity, toFilter, toRawEntity } from '../../shared/azure/table-values.ts';
import type { Value } from '../../shared/storage/tables.ts';
import { row } from '../helpers/rows.ts';

test.each<[string, Value, string]>([
  ['a whole number of 32 bits without a type', 2 ** 31 - 1, '"value":2147483647'],
  ['a whole number beyond as Int64', 2 ** 31, '"value":"2147483648","value@odata.type":"Edm.Int64"'],
  [
    'the largest safe number as Int64',
    Number.MAX_SAFE_INTEGER,
    '"value":"9007199254740991","value@odata.type":"Edm.Int64"',
  ],
  ['a whole number beyond the safe ones as Double', 1e21, '"value":1e+21,"value@odata.type":"Edm.Double"'],
  ['a fraction as Double', -0.5, '"value":-0.5,"value@odata.type":"Edm.Double"'],
  ['-0 as 0', -0, '"value":0'],
  ['a string as it is', 'W/"1"', String.raw`"value":"W/\"1\""`],
  ['line separators escaped', 'a\u2028b\u2029', String.raw`"value":"a\u2028b\u2029"`],
  ['a boolean as it is', false, '"value":false'],
])('storage is sent %s', (_, value, sent) => {
  expect(toRawEntity(row('r', { value, absent: undefined }))).toBe(`{"PartitionKey":"p","RowKey":"r",${sent}}`);
});

test('of what storage sends, only the keys, the etag and our properties are taken', () => {
  // As the real service sends them: the time stamp typed, null for a selected property that is not
  // there.
  const entity = {
    'odata.metadata': 'm',
    'odata.type': 'account.table',
    'odata.id': 'i',
    'odata.etag': 'e',
    'odata.editLink': 'l',
    PartitionKey: 'p',
    RowKey: 'r',
    'Timestamp@odata.type': 'Edm.DateTime',
    Timestamp: '2026-01-01T00:00:00Z',
    'many@odata.type': 'Edm.Int64',
    many: '9007199254740991',
    fraction: 0.5,
    text: '5',
    on: false,
    none: null,
    'id@odata.type': 'Edm.Guid',
    id: '00000000-0000-4000-8000-000000000000',
  };
  const values = { many: Number.MAX_SAFE_INTEGER, fraction: 0.5, text: '5', on: false };
  expect(fromRawEntity(entity)).toEqual({ partitionKey: 'p', rowKey: 'r', etag: 'e', values });
});

test('a value cannot leave its place in a filter', () => {
  const query = { partition: `p' or 'a' eq 'a`, from: `'`, where: { text: `x' or true or '`, open: true, n: -1 } };
  expect(toFilter(query)).toBe(
    `PartitionKey eq 'p'' or ''a'' eq ''a' and RowKey ge '''' and text eq 'x'' or true or ''' and open eq true and n eq -1`,
  );
});
