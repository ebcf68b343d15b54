/** Values that differ by less look alike: uPlot steps from tick to tick by adding, and a step that changes nothing would never end. */
const LEAST_SHARE = 1e-9;

/** From below the lowest to above the highest of values and thresholds, with some air around them. Pure. */
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
