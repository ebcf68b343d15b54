/** All randomness of a run, from one seed. */
export interface Dice {
  /** A number in [0, 1). */
  fraction(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(list: readonly T[]): T;
}

/**
 * Mulberry32. Its 32 bits of state suffice for one small simulation, and the seed is short enough
 * for a command line.
 */
export function diceOf(seed: number): Dice {
  // Neighbouring seeds start far apart.
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ (seed >>> 13);
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const between = (from: number, to: number): number => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    chance: (probability) => probability > 0 && fraction() < probability,
    between,
    pick: <T>(list: readonly T[]): T => list[between(0, list.length - 1)] as T,
  };
}
