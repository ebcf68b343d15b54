import { describe, expect, test } from '@jest/globals';
import { matches, parseFilter } from '../../../sandbox/customer-insights/odata/filter.ts';
import type { Row } from '../../../sandbox/customer-insights/state/entity-table.ts';

const ann: Row = {
  name: "Ann O'Neill",
  age: 31,
  born: '1995-03-01',
  seen: '2026-11-23T10:00:00.000Z',
  vip: true,
  city: null,
};

/** Whether Ann passes; she is a member of the segment Gold only. */
function passes(expression: string): boolean {
  const parsed = parseFilter(expression);
  if (parsed.kind === 'invalid') throw new Error(parsed.message);
  return matches(parsed.filter, ann, (segment) => segment === 'Gold');
}

test.each([
  ["name eq 'Ann O''Neill'", true],
  ["name eq 'ann o''neill'", false],
  ["name ne 'Ben'", true],
  ["name gt 'Ana'", true],
  ['age eq 31', true],
  ['age gt 31', false],
  ['age ge 31', true],
  ['age lt 31.5', true],
  ['age le 30', false],
  ['age gt -1', true],
  ['vip eq true', true],
  ['vip eq false', false],
  ['city eq null', true],
  ['name eq null', false],
  ['name ne null', true],
  ['seen eq 2026-11-23T11:00:00+01:00', true],
  ['seen gt 2026-11-23T09:59:59.999Z', true],
  ['seen lt 2026-11-23T10:00:00Z', false],
  ['born lt 2000-01-01', true],
  ['age in (30, 31)', true],
  ["name in ('Ben')", false],
  ["IsMemberOfSegment('Gold')", true],
  ["IsMemberOfSegment('Silver')", false],
])('%s is %s of Ann', (expression, expected) => {
  expect(passes(expression)).toBe(expected);
});

describe('joining', () => {
  test.each([
    ['age eq 31 and vip eq true', true],
    ['age eq 31 and vip eq false', false],
    ['age eq 1 or vip eq true', true],
    ['age eq 31 or age eq 1 and vip eq false', true],
    ['(age eq 31 or age eq 1) and vip eq false', false],
    ["((age gt 30)) and IsMemberOfSegment('Gold')", true],
  ])('%s is %s of Ann', (expression, expected) => {
    expect(passes(expression)).toBe(expected);
  });
});

describe('values that cannot be compared', () => {
  test.each(['name eq 31', 'age gt null', 'city gt 1', "city lt 'x'", 'name lt 2026-01-01', 'none eq 1'])(
    '%s is not true',
    (expression) => {
      expect(passes(expression)).toBe(false);
    },
  );

  test('but unlike values are not equal', () => {
    expect(passes("age ne '31'")).toBe(true);
    expect(passes("city ne 'Oslo'")).toBe(true);
  });
});

test.each([
  '',
  'age',
  'age eq',
  'age is 31',
  "age eq 'open",
  'age eq 31 and',
  '(age eq 31',
  'age eq 31)',
  'age eq 31 age eq 32',
  'age in ()',
  'age in (31',
  'IsMemberOfSegment(31)',
  "IsMemberOfSegment 'Gold'",
  "contains(name, 'Ann')",
  '31 eq age',
  'seen gt 2026-13-45',
])('%j is refused with a reason', (expression) => {
  const parsed = parseFilter(expression);
  expect(parsed.kind).toBe('invalid');
  expect(parsed).toHaveProperty('message', expect.stringMatching(/./));
});
