import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  callbackCipher,
  CallbackCipherError,
  parseEncryptionKeys,
} from '../../shared/subscriptions/callback-cipher.ts';
import { runsOf } from '../helpers/test-size.ts';

const k1 = { kid: 'k1', key: Buffer.alloc(32, 1) };
const k2 = { kid: 'k2', key: Buffer.alloc(32, 2) };
const cipher = callbackCipher([k1]);

const url = 'https://prod-01.westeurope.logic.azure.com/workflows/a/run?sp=%2Ftriggers%2C&sig=s3cr3t-sIgNaTuRe';

function errorOf(action: () => unknown): CallbackCipherError {
  try {
    action();
  } catch (error) {
    if (error instanceof CallbackCipherError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('callbackCipher', () => {
  test('whatever is sealed comes out byte for byte, and only in its own context', () => {
    const anyText = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(anyText, anyText, anyText, (plain, context, other) => {
        const sealed = cipher.seal(plain, context);
        expect(cipher.open(sealed, context)).toBe(plain);
        fc.pre(other !== context);
        expect(() => cipher.open(sealed, other)).toThrow(CallbackCipherError);
      }),
    );
  });

  test('the longest URL passes, and the sealed text fits a table property', () => {
    const longest = 'https://a.logic.azure.com/'.padEnd(16_384, 'x');
    const sealed = cipher.seal(longest, 'row');

    expect(cipher.open(sealed, 'row')).toBe(longest);
    expect(sealed.length).toBeLessThan(32_000);
  });

  test('the sealed text is the key id and base64url, shows nothing of the URL and differs every time', () => {
    const sealed = cipher.seal(url, 'row');

    expect(sealed).toMatch(/^k1\.[A-Za-z0-9_-]+$/);
    expect(Buffer.from(sealed.slice(3), 'base64url').toString('latin1')).not.toMatch(/https|logic|sig/);
    expect(cipher.seal(url, 'row')).not.toBe(sealed);
  });

  test('any changed character is noticed', () => {
    const sealed = cipher.seal(url, 'row');
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: sealed.length - 1 }),
        fc.constantFrom('A', 'Z', 'a', 'z', '0', '9', '_', '-', '=', '+', '/', '!', ' ', '.'),
        (at, character) => {
          fc.pre(sealed[at] !== character);
          const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
          expect(() => cipher.open(changed, 'row')).toThrow(CallbackCipherError);
        },
      ),
      { numRuns: runsOf(1000) },
    );
  });

  test('the first key seals and all of them open, so that keys can be rotated', () => {
    const before = callbackCipher([k1]).seal(url, 'row');
    const rotated = callbackCipher([k2, k1]);

    expect(rotated.open(before, 'row')).toBe(url);
    expect(rotated.seal(url, 'row')).toMatch(/^k2\./);
  });

  test('a text sealed under an unknown key names that key', () => {
    const error = errorOf(() => callbackCipher([k2]).open(cipher.seal(url, 'row'), 'row'));

    expect(error.kid).toBe('k1');
    expect(error.message).toBe('a callback URL cannot be decrypted (key k1): CALLBACK_ENCRYPTION_KEYS has no such key');
  });

  test('another key under the same name is noticed', () => {
    const impostor = callbackCipher([{ kid: 'k1', key: k2.key }]);

    expect(errorOf(() => impostor.open(cipher.seal(url, 'row'), 'row')).kid).toBe('k1');
  });

  test.each([
    url,
    '',
    'k1',
    'k1.',
    '.AAAA',
    'k1.AAAA',
    `k1.${'A'.repeat(40)}.x`,
    `${'k'.repeat(33)}.${'A'.repeat(40)}`,
  ])('what was never sealed is refused and not repeated: "%s"', (text) => {
    const error = errorOf(() => cipher.open(text, 'row'));

    expect(error.kid).toBeUndefined();
    expect(error.message).toBe(
      'a callback URL cannot be decrypted (key unreadable): it does not have the expected format',
    );
  });

  test('no error holds the URL, nor has a cause that could', () => {
    const sealed = cipher.seal(url, 'row');
    for (const error of [errorOf(() => cipher.open(sealed, 'other')), errorOf(() => cipher.open(url, 'row'))]) {
      expect(`${String(error.stack)} ${JSON.stringify(error)}`).not.toMatch(/s3cr3t|logic\.azure/);
      expect(error.cause).toBeUndefined();
    }
  });

  test('without a key there is no cipher', () => {
    expect(() => callbackCipher([])).toThrow('there is no encryption key');
  });
});

describe('parseEncryptionKeys', () => {
  const encoded = (fill: number, bytes = 32): string => Buffer.alloc(bytes, fill).toString('base64');

  test('a list of names and keys keeps its order', () => {
    expect(parseEncryptionKeys(`k2:${encoded(2)} , k1:${encoded(1)}`)).toEqual([k2, k1]);
  });

  test.each([
    ['nothing', ''],
    ['no name', `:${encoded(1)}`],
    ['no key', 'k1'],
    ['a key of 31 bytes', `k1:${encoded(1, 31)}`],
    ['a key of 33 bytes', `k1:${encoded(1, 33)}`],
    ['base64url', `k1:${encoded(255).replaceAll('/', '_')}`],
    ['no padding', `k1:${encoded(1).replace('=', '')}`],
    ['a name with a full stop', `k.1:${encoded(1)}`],
    ['a name of 33 characters', `${'k'.repeat(33)}:${encoded(1)}`],
    ['a second colon', `k1:${encoded(1)}:x`],
  ])('%s is refused without repeating it', (_name, text) => {
    const message = 'encryption key 1 is not a name, a colon and the base64 of 32 bytes';
    expect(() => parseEncryptionKeys(text)).toThrow(new Error(message));
  });

  test('an empty entry and a name given twice are refused', () => {
    expect(() => parseEncryptionKeys(`k1:${encoded(1)},`)).toThrow('encryption key 2');
    expect(() => parseEncryptionKeys(`k1:${encoded(1)},k1:${encoded(2)}`)).toThrow(
      'two encryption keys have the same name',
    );
  });
});
