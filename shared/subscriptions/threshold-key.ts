/**
 * Encodes a threshold as 16 hex digits that sort like the numbers. The thresholds crossed by a rise
 * from 90 to 120 are therefore one range of row keys. The bits of an IEEE 754 double sort like an
 * unsigned integer if the sign bit of a positive number and all bits of a negative number are
 * flipped. −0 becomes 0. Throws on NaN and infinities.
 */
export function thresholdKey(threshold: number): string {
  if (!Number.isFinite(threshold)) throw new RangeError('a threshold must be a finite number');
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, threshold === 0 ? 0 : threshold);
  const bits = view.getBigUint64(0);
  const sortable = bits >> 63n === 0n ? bits | SIGN : ~bits & ALL;
  return sortable.toString(16).padStart(16, '0');
}

/** The reverse of `thresholdKey`. Returns `undefined` for any other text. */
export function thresholdOfKey(key: string): number | undefined {
  if (!/^[0-9a-f]{16}$/.test(key)) return undefined;
  const [high, low] = [parseInt(key.slice(0, 8), 16), parseInt(key.slice(8), 16)];
  const isPositive = high >= HIGH_SIGN;
  // Two halves of 32 bits, because this runs for every recipient of an event, and big integers take
  // five times as long.
  bits.setUint32(0, isPositive ? high - HIGH_SIGN : ~high);
  bits.setUint32(4, isPositive ? low : ~low);
  const threshold = bits.getFloat64(0);
  return Number.isFinite(threshold) && !Object.is(threshold, -0) ? threshold : undefined;
}

const bits = new DataView(new ArrayBuffer(8));
/** The sign bit in the upper half of a double. */
const HIGH_SIGN = 2 ** 31;

/** The sign bit of a double, and all 64 bits. */
const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;
