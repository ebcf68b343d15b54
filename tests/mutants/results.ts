import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { keyOf, type MutantLines } from './mutant.ts';

export interface Result extends MutantLines {
  readonly line: number;
  readonly fault: string;
  /**
   * `types`: the compiler refuses it. `ended`: the process broke off, or did not come to an end.
   */
  readonly outcome: 'seeds' | 'tests' | 'ended' | 'types' | 'survived';
  /** What noticed it; of one that survived, how much ran. */
  readonly by: string;
  readonly seconds: number;
}

/** The results of a run, kept in a file after each, so that an interrupted run goes on. */
export interface Results {
  has(lines: MutantLines): boolean;
  add(result: Result): void;
  all(): readonly Result[];
}

export function openResults(file: string | undefined): Results {
  const known = file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result[]) : [];
  const results = new Map(known.map((result) => [keyOf(result), result]));
  return {
    has: (lines) => results.has(keyOf(lines)),
    add(result) {
      results.set(keyOf(result), result);
      if (file === undefined) return;
      writeFileSync(`${file}.part`, JSON.stringify([...results.values()], undefined, 1));
      renameSync(`${file}.part`, file);
    },
    all: () => [...results.values()],
  };
}
