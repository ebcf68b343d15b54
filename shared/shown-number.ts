/** Beyond these nobody counts digits: then the shortest form that a program would write. */
const READABLE = { least: 1e-6, most: 1e15 };
const readable = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });

/** A number for people, such as `1,500`, with every digit that it has: two that differ must look different. */
export function shownNumber(value: number): string {
  const size = Math.abs(value);
  return value === 0 || (size >= READABLE.least && size < READABLE.most) ? readable.format(value) : String(value);
}
