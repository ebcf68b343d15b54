/**
 * A threshold as 16 hex digits that sort like the numbers, so that the thresholds crossed by 90 →
 * 120 are one range of row keys. The bits of a double sort like an integer after the sign bit is
 * flipped, or all bits of a negative number (IEEE 754). −0 becomes 0. Throws on NaN and infinities.
 */
export function thresholdKey(threshold: number): string {
  if (!Number.isFinite(threshold)) throw new RangeError('a threshold is a finite number');
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, threshold === 0 ? 0 : threshold);
  const bits = view.getBigUint64(0);
  const sortable = bits >> 63n === 0n ? bits | SIGN : ~bits & ALL;
  return sortable.toString(16).padStart(16, '0');
}

/** The reverse of `thresholdKey`. `undefined` for any other text. */
export function thresholdOfKey(key: string): number | undefined {
  if (!/^[0-9a-f]{16}$/.test(key)) return undefined;
  const [high, low] = [parseInt(key.slice(0, 8), 16), parseInt(key.slice(8), 16)];
  const isPositive = high >= HIGH_SIGN;
  // Halves of 32 bits, because every row of a fan-out comes through here and big integers take five
  // times as long.
  bits.setUint32(0, isPositive ? high - HIGH_SIGN : ~high);
  bits.setUint32(4, isPositive ? low : ~low);
  const threshold = bits.getFloat64(0);
  return Number.isFinite(threshold) && !Object.is(threshold, -0) ? threshold : undefined;
}

const bits = new DataView(new ArrayBuffer(8));
const HIGH_SIGN = 2 ** 31;

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;
