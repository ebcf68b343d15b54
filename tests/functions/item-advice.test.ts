import { describe, expect, test } from '@jest/globals';
import { adviceOnCreating, adviceOnList, adviceOnUpdating } from '../../functions/item-advice.ts';

const ingested = '11111111-aaaa-4aaa-8aaa-000000000001_Contacts';
const options = (...names: string[]) => ({
  top: undefined,
  skip: 0,
  options: Object.fromEntries(names.map((name) => [name, 'x'])),
});

describe('after a list that Customer Insights refused, the advice', () => {
  test.each([
    [
      'Customer',
      /^In Customer, only CustomerId can be filtered, and the fields .+ index\. .+ like CustomerId eq 'a1': /,
    ],
    ['UnifiedActivity', /only ActivityId and CustomerId can be filtered/],
    ['Segment_x', /only CustomerId can be filtered/],
    [ingested, /^Leave Filter Query empty, .+ Filter array\.$/],
  ])('on a filter of %s says which fields can be filtered', (entity, advice) => {
    expect(adviceOnList(entity, options('$filter'), 'Syntax error.')).toMatch(advice);
  });

  test('names the inputs that the message names, by their labels', () => {
    const given = options('$filter', '$search', '$expand');
    expect(adviceOnList('Customer', given, '$expand is not supported with $search.')).toBe(
      'Leave Search Query or Expand Query empty.',
    );
  });

  test('names the inputs that were given when the message names none', () => {
    expect(adviceOnList('Customer', options('$orderby'))).toBe('Correct Order By, or leave it empty.');
    expect(adviceOnList('Customer', options(), 'No.')).toBe('Choose another Entity.');
  });
});

test.each([
  [
    'UnifiedActivity',
    "The property 'ActivityId' is missing.",
    /^Correct this in Item: add what is missing, and take out what is refused\.$/,
  ],
  ['ChurnRisk', 'Rows cannot be created.', /^Only activities can be created: choose UnifiedActivity/],
  [ingested, undefined, /^Correct this in Item: .* Only activities/],
  ['UnifiedActivity', 'validUntil must be a timestamp.', /^Correct Valid Until to a time within the next 30 days/],
])('after a new item of %s that was refused with %j', (entity, message, advice) => {
  expect(adviceOnCreating(entity, message)).toMatch(advice);
});

test.each([
  ['Customer', 'No.', /^Correct this in Item: add what is missing, and take out what is refused\.$/],
  ['UnifiedActivity', 'No.', /^An activity stays as it was created: .* choose Customer as Entity\.$/],
  ['Customer', 'validUntil must be a timestamp.', /^Correct Valid Until/],
])('after a change of %s that was refused with %j', (entity, message, advice) => {
  expect(adviceOnUpdating(entity, message)).toMatch(advice);
});
