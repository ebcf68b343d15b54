import fc from 'fast-check';

/** All characters that a key may have, in the order of their bytes. */
export const KEY_ALPHABET = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (character) => !'/\\#?%,'.includes(character),
);

/** Short keys, so that many begin alike. */
export function anyKey(): fc.Arbitrary<string> {
  const character = fc.oneof(fc.constantFrom(...KEY_ALPHABET), fc.constantFrom('a', 'A', '-', '_', '~'));
  return fc.array(character, { minLength: 1, maxLength: 4 }).map((characters) => characters.join(''));
}

/** Finite numbers, with many at the borders between the types that storage knows. */
export function anyNumber(): fc.Arbitrary<number> {
  const near = (border: number): fc.Arbitrary<number> => fc.integer({ min: -3, max: 3 }).map((step) => border + step);
  return fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.maxSafeInteger(),
    near(2 ** 31),
    near(-(2 ** 31)),
    near(2 ** 53 - 4),
    fc.constantFrom(0, -0, 0.1, 1e21, 1e-7, Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON),
  );
}
