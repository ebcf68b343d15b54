import { expect, test } from '@jest/globals';
import { accessLevel, parseHostKeys } from '../../../sandbox/functions-host/keys.ts';

test('a list of keys may have blanks after its commas, and keys may hold colons and equals signs', () => {
  expect([...parseHostKeys('_master:a:b==, default:c,')]).toEqual([
    ['_master', 'a:b=='],
    ['default', 'c'],
  ]);
  expect(parseHostKeys('').size).toBe(0);
});

test.each(['nameless', ':key', 'name:', 'a:1,a:2'])('the list %s is refused', (list) => {
  expect(() => parseHostKeys(list)).toThrow('HOST_KEYS');
});

test('an empty key opens nothing, even where there is no master key', () => {
  expect(accessLevel(parseHostKeys('default:k'), '')).toBe('anonymous');
  expect(accessLevel(parseHostKeys('default:k'), undefined)).toBe('anonymous');
});
