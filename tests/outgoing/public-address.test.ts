import { describe, expect, test } from '@jest/globals';
import { isPublicAddress } from '../../shared/outgoing/public-address.ts';
import vectors from '../fixtures/ssrf.json' with { type: 'json' };

describe('isPublicAddress', () => {
  test.each(vectors['reject-ip'])('%s is not public', (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });

  test.each(vectors['accept-ip'])('%s is public', (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });

  test.each([
    '',
    'example.com',
    '8.8.8',
    '8.8.8.8/32',
    ' 8.8.8.8',
    '08.8.8.8',
    '2001:4860:4860::8888%eth0',
    '[2003::1]',
  ])('what is no plain address is not public: "%s"', (text) => {
    expect(isPublicAddress(text)).toBe(false);
  });
});
