import { describe, expect, test } from '@jest/globals';

import { finiteNumber } from '../../shared/insights/decimal.ts';
import { parseMeasure } from '../../shared/insights/parse-measure.ts';

describe('a measure is without dimension', () => {
  const without = (definition: unknown): boolean | undefined =>
    parseMeasure({ name: 'm', definition })?.withoutDimension;

  test.each([
    ['when it is marked scalar', { kind: 'entity', isScalar: true }],
    ['when it lists none', { kind: 'Entity', dimensions: [] }],
    ['when it lists none although it is not marked', { kind: 'entity', isScalar: false, dimensions: [] }],
    ['when its query is scalar', { kind: 'entity', type: 'Manual', isManualQueryScalar: true }],
    ['when it is scalar by both marks', { type: 'manual', isScalar: true, isManualQueryScalar: false, dimensions: [] }],
    ['when nothing is said of its query and it lists none', { type: 'manual', dimensions: [] }],
    ['in PascalCase', { Kind: 'Entity', IsScalar: false, IsProfile: false, Dimensions: [] }],
  ])('%s', (_when, definition) => {
    expect(without(definition)).toBe(true);
  });

  test.each([
    ['when it lists one', { kind: 'entity', isScalar: false, dimensions: [{ field: 'City' }] }],
    ['when it lists one and nothing more is said', { kind: 'entity', dimensions: [{ field: 'City' }] }],
    ['when its query is not scalar', { kind: 'entity', type: 'manual', isManualQueryScalar: false, dimensions: [] }],
    ['when it is a customer measure', { kind: 'entity', isProfile: true, isScalar: true, dimensions: [] }],
    ['when it is a customer attribute', { kind: 'Attribute', isScalar: true, dimensions: [] }],
    ['when its kind is new', { kind: 'hologram', isScalar: true, dimensions: [] }],
    ['when nothing is known', {}],
    ['when its definition is missing', undefined],
  ])('but not %s', (_when, definition) => {
    expect(without(definition)).toBe(false);
  });
});

test.each([
  [{ kind: 'entity', isProfile: true, dimensions: [] }, true],
  [{ kind: 'Attribute', dimensions: [] }, true],
  [{ kind: 'entity', dimensions: [{ field: 'City' }] }, undefined],
  [{ kind: 'hologram', dimensions: [] }, undefined],
])('whether %j is a customer measure', (definition, isOfCustomers) => {
  expect(parseMeasure({ name: 'm', definition })?.isOfCustomers).toBe(isOfCustomers);
});

describe('the value of a measure', () => {
  const valueOf = (values: unknown): number | undefined =>
    parseMeasure({ name: 'm', output: { values } })?.output?.value;

  test.each([
    ['1234.5', 1234.5],
    ['-0.25', -0.25],
    ['+7', 7],
    ['.5', 0.5],
    ['5.', 5],
    [' 12 ', 12],
    ['1.5E+3', 1500],
    ['9007199254740993', 9007199254740992],
    [42, 42],
    [0, 0],
  ])('%j is read as %d', (written, value) => {
    expect(valueOf({ Total: written })).toBe(value);
  });

  test.each(['', '1,234.5', '12,5', 'NaN', 'Infinity', '1e999', '0x10', '1_000', '12 EUR', '٣', null, true, [1], {}])(
    '%j is none',
    (written) => {
      expect(valueOf({ Total: written })).toBeUndefined();
    },
  );

  test.each([
    ['there are two', { Total: '1', Average: '2' }],
    ['there are two whose aliases differ in casing alone', { total: '1', Total: '2' }],
    ['there is none', {}],
    ['the values are missing', undefined],
    ['the values are a list', ['1']],
  ])('is none when %s', (_when, values) => {
    expect(valueOf(values)).toBeUndefined();
  });

  test('comes with its history, in the order it came', () => {
    const measure = parseMeasure({
      Name: 'Revenue',
      DisplayName: 'Revenue of all',
      LatestEvaluation: { State: 'Failed', Error: 'The store is closed.' },
      Output: { Values: { total: '3' }, EvaluationTime: '2026-11-23T10:00:00+01:00' },
      OutputHistory: [
        { Values: { total: '3' }, EvaluationTime: '2026-11-23T10:00:00+01:00' },
        { Values: {}, EvaluationTime: '2026-11-22T09:00:00Z' },
        { Values: { total: '1' } },
      ],
    });
    expect(measure).toMatchObject({
      displayName: 'Revenue of all',
      latestState: 'failed',
      latestError: 'The store is closed.',
      output: { value: 3, evaluatedAt: '2026-11-23T09:00:00.000Z' },
    });
    expect(measure?.outputHistory).toEqual([
      { value: 3, evaluatedAt: '2026-11-23T09:00:00.000Z' },
      { value: undefined, evaluatedAt: '2026-11-22T09:00:00.000Z' },
      { value: 1, evaluatedAt: undefined },
    ]);
  });

  test('stands beside the description of its failure', () => {
    const measure = { name: 'm', latestEvaluation: { state: 'failed' }, errorDescription: { value: 'No customers.' } };
    expect(parseMeasure(measure)?.latestError).toBe('No customers.');
  });
});

test('a number that is none stays none', () => {
  expect(finiteNumber(NaN)).toBeUndefined();
  expect(finiteNumber(undefined)).toBeUndefined();
});
