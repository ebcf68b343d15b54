import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkKeys } from '../../shared/storage/table-limits.ts';
import { formatSubscriptionId, parseSubscriptionId, partitionOf } from '../../shared/subscriptions/subscription-id.ts';
import { anySubscriptionAddress, anyTextLike, ID } from '../helpers/arbitrary-ids.ts';
import { runsOf } from '../helpers/test-size.ts';

test('a subscription id is the address of its row, both ways', () => {
  fc.assert(
    fc.property(anySubscriptionAddress(), (address) => {
      const id = formatSubscriptionId(address);
      expect(id).toMatch(ID);
      expect(parseSubscriptionId(id)).toEqual(address);
    }),
  );
});

test('its address is one that storage takes', () => {
  fc.assert(
    fc.property(anySubscriptionAddress(), (address) => {
      expect(() => checkKeys({ partitionKey: partitionOf(address), rowKey: address.rowKey })).not.toThrow();
    }),
  );
});

test('no text is the address of a row with another id', () => {
  fc.assert(
    fc.property(anyTextLike(anySubscriptionAddress().map(formatSubscriptionId)), (text) => {
      const address = parseSubscriptionId(text);
      if (address !== undefined) expect(formatSubscriptionId(address)).toBe(text);
    }),
    { numRuns: runsOf(2000) },
  );
});

test('a trigger of a newer version, a threshold that is no number and a packed instance that is none have no address', () => {
  const id = `sub_c${'A'.repeat(22)}${'b'.repeat(22)}8000000000000000${'n'.repeat(16)}`;
  expect(parseSubscriptionId(id)).toBeDefined();
  expect(parseSubscriptionId(id.replace('sub_c', 'sub_z'))).toBeUndefined();
  expect(parseSubscriptionId(id.replace('8000000000000000', 'fff8000000000000'))).toBeUndefined();
  expect(parseSubscriptionId(id.replace('A'.repeat(22), `${'A'.repeat(21)}B`))).toBeUndefined();
  expect(parseSubscriptionId(`${id}\n`)).toBeUndefined();
});
