import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseRetryAfter } from '../../shared/outgoing/retry-after.ts';

const now = Date.UTC(2026, 10, 23, 10, 0, 0);

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    ['007', 7000],
    ['999999999', 999_999_999_000],
    ['Mon, 23 Nov 2026 10:00:00 GMT', 0],
    ['Mon, 23 Nov 2026 10:01:30 GMT', 90_000],
    ['Tue, 01 Dec 2026 10:00:00 GMT', 8 * 86_400_000],
  ])('%s is %i ms', (value, waitMs) => {
    expect(parseRetryAfter(value, now)).toBe(waitMs);
  });

  test.each([
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '1e20',
    '0x10',
    '1234567890',
    '120 ',
    '120, 60',
    '１２',
    'soon',
    'Infinity',
    'x'.repeat(10_000),
    '1'.repeat(10_000),
    // A second too late, then dates that are none or not of the one allowed form.
    'Mon, 23 Nov 2026 09:59:59 GMT',
    'Tue, 24 Nov 2026 10:00:00 UTC',
    'Tue, 24 Nov 2026 10:00:00 +0100',
    'tue, 24 nov 2026 10:00:00 gmt',
    'Wed, 24 Nov 2026 10:00:00 GMT',
    'Wed, 31 Feb 2027 10:00:00 GMT',
    'Tue, 24 Nov 2026 10:00:60 GMT',
    'Tuesday, 24-Nov-26 10:00:00 GMT',
    'Tue Nov 24 10:00:00 2026',
    '2026-11-24T10:00:00Z',
    '24 Nov 2026',
  ])('%j is not understood', (value) => {
    expect(parseRetryAfter(value, now)).toBeUndefined();
  });

  test('every future instant, written as an IMF-fixdate, is understood to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), (seconds) => {
        const date = new Date(now + seconds * 1000).toUTCString();
        expect(parseRetryAfter(date, now)).toBe(seconds * 1000);
      }),
    );
  });

  test('whatever is sent, the answer is a whole number of ms and not negative, or nothing', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.date({ noInvalidDate: true }).map(String), fc.float().map(String)),
        (value) => {
          const waitMs = parseRetryAfter(value, now);
          expect(waitMs === undefined || (Number.isSafeInteger(waitMs) && waitMs >= 0)).toBe(true);
        },
      ),
    );
  });
});
