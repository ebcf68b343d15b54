import { expect, test } from '@jest/globals';
import { fromEntity, fromRawEntity, toEntity, toFilter } from '../../shared/azure/table-values.ts';
import type { Value } from '../../shared/storage/tables.ts';
import { row } from '../helpers/rows.ts';

test.each<[string, Value, unknown]>([
  ['a whole number of 32 bits without a type', 2 ** 31 - 1, 2 ** 31 - 1],
  ['a whole number beyond as Int64', 2 ** 31, { type: 'Int64', value: '2147483648' }],
  ['the largest safe number as Int64', Number.MAX_SAFE_INTEGER, { type: 'Int64', value: '9007199254740991' }],
  ['a whole number beyond the safe ones as Double', 1e21, { type: 'Double', value: 1e21 }],
  ['a fraction as Double', -0.5, { type: 'Double', value: -0.5 }],
  ['-0 as 0', -0, 0],
  ['a string as it is', 'W/"1"', 'W/"1"'],
  ['a boolean as it is', false, false],
])('storage is sent %s', (_, value, sent) => {
  expect(toEntity(row('r', { value, absent: undefined }))).toStrictEqual({
    partitionKey: 'p',
    rowKey: 'r',
    value: sent,
  });
});

test('of what storage sends, only the keys, the etag and our properties are taken', () => {
  // As the real service sends them: the time stamp typed, null for a selected property that is not there.
  const entity = {
    partitionKey: 'p',
    rowKey: 'r',
    etag: 'e',
    timestamp: new Date(0),
    'odata.metadata': 'm',
    n: 5n,
    none: null,
  };
  expect(fromEntity(entity)).toEqual({ partitionKey: 'p', rowKey: 'r', etag: 'e', values: { n: 5 } });
});

test('the same is taken of the text of a response', () => {
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
