import { describe, expect, test } from '@jest/globals';
import { exactNumber, parseExactly } from '../../shared/insights/exact-json.ts';
import { keyFilter, knownKey, singleKey } from '../../shared/insights/item-key.ts';
import { itemSchema } from '../../shared/insights/item-schema.ts';

const attribute = (name: string, dataType: string) => ({ name, displayName: `The ${name}`, dataType });
const entity = { entityId: 'E', name: 'E', entityType: undefined, attributes: [], keys: [] };

describe('the filter for one item', () => {
  test.each([
    ['Edm.String', 'a', "K eq 'a'"],
    ['Edm.String', "O'Neill", "K eq 'O''Neill'"],
    ['Edm.String', "' or 1 eq 1 or '", "K eq ''' or 1 eq 1 or '''"],
    ['Edm.String', '7', "K eq '7'"],
    ['', '7', "K eq '7'"],
    ['Edm.Int64', '7', 'K eq 7'],
    ['edm.int32', '-7', 'K eq -7'],
    ['Edm.Guid', '0f1e2d3c-4b5a-4968-8776-655443322110', 'K eq 0f1e2d3c-4b5a-4968-8776-655443322110'],
  ])('of a key of type %s with the id %s is %s', (dataType, id, filter) => {
    expect(keyFilter(attribute('K', dataType), id)).toBe(filter);
  });

  test.each([
    ['Edm.Int64', '7 or 1 eq 1'],
    ['Edm.Int64', ''],
    ['Edm.Int64', '1.5'],
    ['Edm.Guid', 'x'],
  ])('of a key of type %s does not allow the id "%s"', (dataType, id) => {
    expect(keyFilter(attribute('K', dataType), id)).toBeUndefined();
  });
});

describe('the key of an entity', () => {
  const attributes = [attribute('A', 'Edm.String'), attribute('B', 'Edm.Int64')];

  test('is its first key of one column', () => {
    expect(singleKey({ ...entity, attributes, keys: [['A', 'B'], ['B'], ['A']] })).toEqual(attributes[1]);
  });

  test.each([[[]], [[['A', 'B']]], [[[]]], [[['C']]]])('is none when its keys are %j', (keys) => {
    expect(singleKey({ ...entity, attributes, keys })).toBeUndefined();
  });

  test('of the entities that every instance has is known beforehand, and of no other', () => {
    expect(knownKey('Customer')?.name).toBe('CustomerId');
    expect(knownKey('UnifiedActivity')?.name).toBe('ActivityId');
    expect(knownKey('constructor')).toBeUndefined();
  });
});

describe('the schema of an item', () => {
  test.each([
    ['Edm.String', { type: 'string' }],
    ['EDM.INT64', { type: 'integer', format: 'int64' }],
    ['Edm.Decimal', { type: 'number' }],
    ['Edm.DateTimeOffset', { type: 'string', format: 'date-time' }],
    ['Edm.Guid', { type: 'string', format: 'uuid' }],
    ['Collection(Edm.Double)', { type: 'array', items: { type: 'number', format: 'double' } }],
    ['Collection(Collection(Edm.Boolean))', { type: 'array', items: { type: 'array', items: { type: 'boolean' } } }],
    ['Edm.GeographyPoint', {}],
    ['constructor', {}],
    ['', {}],
  ])('has %s as %j', (dataType, schema) => {
    expect(itemSchema({ ...entity, attributes: [attribute('A', dataType)] })).toEqual({
      type: 'object',
      properties: { A: { ...schema, title: 'The A' } },
    });
  });

  test('has an attribute of any name', () => {
    const { properties = {} } = itemSchema({ ...entity, attributes: [attribute('__proto__', 'Edm.String')] });
    expect(Object.keys(properties)).toEqual(['__proto__']);
  });
});

describe('JSON read exactly', () => {
  test.each([
    '{"a":9007199254740993}',
    '[12345678901234567890,0.1234567890123456789]',
    '{"a":1,"b":-1234567890123456789}',
  ])('is written with the numbers that it had: %s', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });

  test('is plain values wherever they are exact', () => {
    expect(parseExactly('{"id":"1234567890123456","n":1234567890123456,"x":[true,null,1.5]}')).toEqual({
      id: '1234567890123456',
      n: 1234567890123456,
      x: [true, null, 1.5],
    });
    expect(exactNumber('12')).toBe(12);
  });

  test('refuses what is no JSON', () => {
    expect(() => parseExactly('{"a":')).toThrow(SyntaxError);
    expect(() => parseExactly('{"a":1234567890123456')).toThrow(SyntaxError);
  });
});
