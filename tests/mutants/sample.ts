import { diceOf } from '../simulation/dice.ts';
import { lineNumber, type Mutant } from './mutant.ts';

/**
 * All mutants in an order drawn by dice: a line that has some is as likely as any other, and one of
 * its mutants as any other of them.
 */
export function shuffled(
  texts: ReadonlyMap<string, string>,
  mutants: readonly Mutant[],
  seed: number,
): readonly Mutant[] {
  const dice = diceOf(seed);
  const lines = [
    ...Map.groupBy(mutants, ({ file, start }) => `${file}:${lineNumber(texts.get(file) ?? '', start)}`).values(),
  ];
  const order: Mutant[] = [];
  let left = lines;
  // Round by round, so that no line has a second one before all have one.
  while (left.length > 0) {
    for (let last = left.length - 1; last > 0; last--) {
      const other = dice.between(0, last);
      [left[last], left[other]] = [left[other] ?? [], left[last] ?? []];
    }
    for (const line of left) order.push(...line.splice(dice.between(0, line.length - 1), 1));
    left = left.filter((line) => line.length > 0);
  }
  return order;
}
