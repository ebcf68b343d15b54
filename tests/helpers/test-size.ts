/**
 * Every test runs at two sizes: `npm test` at a small one that still finds mistakes,
 * `npm run test:all` at full size. The one difference is how many seeds, requests or cases a test
 * tries.
 */
export type TestSize = 'small' | 'full';

const DAY_MS = 24 * 3600 * 1000;

export const testSize: TestSize = process.env['TEST_SIZE'] === 'full' ? 'full' : 'small';

/** The one of the two that this run is for. */
export function sized<T>(sizes: Readonly<Record<TestSize, T>>): T {
  return sizes[testSize];
}

/**
 * Which part of the lists is taken at small size: that of today, unless TEST_ROTATION names another
 * one.
 */
export const rotation = Number(process.env['TEST_ROTATION'] ?? Math.floor(Date.now() / DAY_MS));

/**
 * All at full size; else `count` of them, in turn: the next ones each day, so that all are taken in
 * time.
 */
export function inRotation<T>(all: readonly T[], count: number): readonly T[] {
  if (testSize === 'full' || count >= all.length) return all;
  const start = (rotation * count) % all.length;
  return [...all, ...all].slice(start, start + count);
}

/**
 * How many cases of a property are tried, of the number at full size: a tenth, and some dozens at
 * least.
 */
export function runsOf(full: number): number {
  return sized({ small: Math.min(full, Math.max(40, Math.ceil(full / 10))), full });
}
