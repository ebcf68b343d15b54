import { readFileSync } from 'node:fs';
import { unindented, type MutantLines } from './mutant.ts';

/** A mutant that does what the original does, or differs where no promise is made, and why. */
export interface Equivalent extends MutantLines {
  readonly why: string;
}

export function readEquivalents(): readonly Equivalent[] {
  return JSON.parse(readFileSync('tests/mutants/equivalent.json', 'utf8')) as readonly Equivalent[];
}

/** Those whose lines are no longer in their file. */
export function staleOf(equivalents: readonly Equivalent[], readText: (file: string) => string): readonly Equivalent[] {
  return equivalents.filter(({ file, original }) => !`\n${unindented(readText(file))}\n`.includes(`\n${original}\n`));
}
