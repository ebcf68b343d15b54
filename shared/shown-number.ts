/**
 * Numbers outside this range are shown in exponent notation, because so many digits are hard to
 * read.
 */
const READABLE = { least: 1e-6, most: 1e15 };
const readable = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });

/**
 * Formats a number for people, such as `1,500`. It keeps every digit, because two different numbers
 * must look different.
 */
export function shownNumber(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= READABLE.least && size < READABLE.most) ? readable.format(value) : String(value);
}
