/**
 * Smallest relative range. uPlot adds a step to get from tick to tick, and would never end if the
 * step were too small to change the number.
 */
const LEAST_SHARE = 1e-9;

/**
 * The range of the axis, from below the lowest to above the highest of values and thresholds, with
 * a margin. Pure.
 */
export function valueRange(
  min: number | null,
  max: number | null,
  { threshold, tried }: { readonly threshold: number; readonly tried: number },
): [number, number] {
  const low = Math.min(min ?? threshold, threshold, tried);
  const high = Math.max(max ?? threshold, threshold, tried);
  const size = Math.max(Math.abs(low), Math.abs(high));
  const air = Math.max((high - low || size || 1) * 0.12, size * LEAST_SHARE);
  return [low - air, high + air];
}
