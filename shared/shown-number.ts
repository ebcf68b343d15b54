/**
 * Numbers outside this range are shown in exponent notation, because so many zeros are hard to
 * read.
 */
const READABLE = { least: 1e-6, most: 1e15 };

/** Made with its first use: the data of a language take longer to load than most of the app. */
let everyDigit: Intl.NumberFormat | undefined;

/** Formats a number with all its digits, such as `1,500`, however long that is. */
export function withEveryDigit(value: number): string {
  everyDigit ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });
  return everyDigit.format(value);
}

/**
 * Formats a number for people, such as `1,500`. It keeps every digit, because two different numbers
 * must look different.
 */
export function shownNumber(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= READABLE.least && size < READABLE.most) ? withEveryDigit(value) : String(value);
}
