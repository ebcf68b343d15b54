import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { isoInstant } from '../../shared/insights/instant.ts';

describe('an instant', () => {
  test.each([
    ['2026-11-23T10:00:00Z', '2026-11-23T10:00:00.000Z'],
    ['2026-11-23T10:00:00', '2026-11-23T10:00:00.000Z'],
    ['2026-11-23T10:00:00.9999999Z', '2026-11-23T10:00:00.999Z'],
    ['2026-11-23T10:00:00.5', '2026-11-23T10:00:00.500Z'],
    ['2026-11-23T10:00:00.1234567+05:30', '2026-11-23T04:30:00.123Z'],
    ['2026-11-23T22:00:00-03:00', '2026-11-24T01:00:00.000Z'],
    ['2026-11-23t10:00:00z', '2026-11-23T10:00:00.000Z'],
  ])('%s is %s', (written, read) => {
    expect(isoInstant(written)).toBe(read);
  });

  test.each([
    '0001-01-01T00:00:00',
    '0001-01-01T00:00:00+00:00',
    '2026-11-23',
    '2026-13-01T00:00:00Z',
    '2026-11-23T25:00:00Z',
    '23.11.2026 10:00',
    '1795428000000',
    'yesterday',
    '',
  ])('%j is none', (written) => {
    expect(isoInstant(written)).toBeUndefined();
  });
});

test('an instant without zone is UTC wherever the process runs', async () => {
  const script = `
    import { isoInstant } from './shared/insights/instant.ts';
    console.log(isoInstant('2026-11-23T10:00:00'), new Date(2026, 0, 1).getTimezoneOffset());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, TZ: 'Asia/Kolkata' },
  });
  expect(stdout.trim()).toBe('2026-11-23T10:00:00.000Z -330');
});
