import { describe, expect, test } from '@jest/globals';
import { nextOccurrence, parseSchedule } from '../../shared/ncrontab.ts';

/** The next occurrences after an instant, in UTC without fraction. */
function next(expression: string, after: string, count = 1): string[] {
  const schedule = parseSchedule(expression);
  if (!schedule) throw new Error(`not a schedule: ${expression}`);
  const found: string[] = [];
  let ms: number | undefined = Date.parse(after);
  while (found.length < count && ms !== undefined) {
    ms = nextOccurrence(schedule, ms);
    found.push(ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 19));
  }
  return found;
}

describe('an NCRONTAB expression', () => {
  test.each([
    ['* * * * * *', '2026-11-23T10:00:00Z', '2026-11-23T10:00:01'],
    ['* * * * * *', '2026-11-23T10:00:00.999Z', '2026-11-23T10:00:01'],
    ['0 * * * * *', '2026-11-23T10:00:00Z', '2026-11-23T10:01:00'],
    ['0 * * * * *', '2026-12-31T23:59:59.5Z', '2027-01-01T00:00:00'],
    ['30 5 * * * *', '2026-11-23T10:05:30Z', '2026-11-23T11:05:30'],
    ['0 0 9-17 * * *', '2026-11-23T17:00:00Z', '2026-11-24T09:00:00'],
    ['0 30 9 * * MON-FRI', '2026-11-27T10:00:00Z', '2026-11-30T09:30:00'],
    ['0 30 9 * jan monday', '2026-11-27T10:00:00Z', '2027-01-04T09:30:00'],
    ['0 0 0 13 * 5', '2026-11-23T00:00:00Z', '2027-08-13T00:00:00'],
    ['0 0 0 29 2 *', '2026-11-23T00:00:00Z', '2028-02-29T00:00:00'],
    ['0 0 0 31 2 *', '2026-11-23T00:00:00Z', 'never'],
  ])('%s after %s is next due at %s', (expression, after, due) => {
    expect(next(expression, after)).toEqual([due]);
  });

  test('has lists, ranges and steps', () => {
    const after = '2026-11-23T10:00:00Z';
    const seconds = (expression: string) => next(expression, after, 4).map((at) => Number(at.slice(17)));
    expect(seconds('1,5,58 * * * * *')).toEqual([1, 5, 58, 1]);
    expect(seconds('*/20 * * * * *')).toEqual([20, 40, 0, 20]);
    expect(seconds('10-20/5 * * * * *')).toEqual([10, 15, 20, 10]);
    expect(seconds('50/5 * * * * *')).toEqual([50, 55, 50, 55]);
    expect(seconds('12-10,40 * * * * *')).toEqual([10, 11, 12, 40]);
  });

  test('of five fields begins with the minute', () => {
    expect(next('*/5 * * * *', '2026-11-23T10:00:00Z', 2)).toEqual(['2026-11-23T10:05:00', '2026-11-23T10:10:00']);
  });

  test.each([
    '',
    'nonsense',
    '* * * *',
    '* * * * * * *',
    '60 * * * * *',
    '* * 24 * * *',
    '* * * 0 * *',
    '* * * * 13 *',
    '* * * * * 7',
    '* * * * * funday',
    '1- * * * * *',
    '*-5 * * * * *',
    '1,, * * * * *',
    '*/x * * * * *',
    '-1 * * * * *',
  ])('is not "%s"', (expression) => {
    expect(parseSchedule(expression)).toBeUndefined();
  });
});
