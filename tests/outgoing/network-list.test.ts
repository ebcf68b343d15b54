import { expect, test } from '@jest/globals';
import { parseNetworks } from '../../shared/outgoing/network-list.ts';

test('an address is contained when it lies in one of the networks, edges included', () => {
  const networks = parseNetworks('10.1.0.0/16, 127.0.0.1/32 ,fd00:1::/32');

  expect(
    ['10.1.0.0', '10.1.255.255', '127.0.0.1', 'fd00:1::1', 'fd00:1:ffff::'].filter((ip) => networks.contains(ip)),
  ).toHaveLength(5);
  expect(
    ['10.0.255.255', '10.2.0.0', '127.0.0.2', 'fd00:2::', 'fd00::1', '::1'].filter((ip) => networks.contains(ip)),
  ).toEqual([]);
});

test('what is no address, or has a zone, is never contained', () => {
  const networks = parseNetworks('0.0.0.0/0, ::/0');

  expect(networks.contains('192.0.2.1')).toBe(true);
  expect(networks.contains('fe80::1')).toBe(true);
  expect(['', 'localhost', '127.1', 'fe80::1%eth0', '[::1]'].filter((ip) => networks.contains(ip))).toEqual([]);
});

test('an empty list contains nothing and says that it is empty', () => {
  expect(parseNetworks('').isEmpty).toBe(true);
  expect(parseNetworks(' , ').isEmpty).toBe(true);
  expect(parseNetworks('').contains('127.0.0.1')).toBe(false);
  expect(parseNetworks('127.0.0.0/8').isEmpty).toBe(false);
});

test.each([
  '127.0.0.1',
  'localhost/8',
  '10.0.0.0/33',
  'fd00::/129',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  'fe80::%1/10',
])('the entry "%s" is refused by its number', (entry) => {
  expect(() => parseNetworks(`10.0.0.0/8,${entry}`)).toThrow(
    /^network 2 is not written like 10\.0\.0\.0\/8 or fd00::\/8$/,
  );
});
