/** One small fault in one source file. */
export interface Mutant {
  readonly file: string;
  /** The function or constant that it is in; empty when it is in none. */
  readonly within: string;
  /** Of the text that is replaced, in the file. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What kind of fault it is, in words. */
  readonly fault: string;
}

/**
 * A mutant as whole lines, without their indentation: the same wherever in its function the lines
 * stand.
 */
export interface MutantLines {
  readonly file: string;
  readonly within: string;
  readonly original: string;
  readonly mutated: string;
}

/** The file's text with the fault in it. */
export function plant(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

export function linesOf(text: string, mutant: Mutant): MutantLines {
  const { file, within, start, end, replacement } = mutant;
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  const to = newline < 0 ? text.length : newline;
  const mutated = text.slice(from, start) + replacement + text.slice(end, to);
  return { file, within, original: unindented(text.slice(from, to)), mutated: unindented(mutated) };
}

/** The same for the same fault in the same lines of the same function. */
export function keyOf({ file, within, original, mutated }: MutantLines): string {
  return JSON.stringify([file, within, original, mutated]);
}

export function lineNumber(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** Where the lines differ, as a reader of diffs expects it. */
export function diffOf({ original, mutated }: MutantLines): string {
  const [before, after] = [original.split('\n'), mutated.split('\n')];
  while (before.length > 1 && after.length > 1 && before[0] === after[0]) {
    before.shift();
    after.shift();
  }
  while (before.length > 1 && after.length > 1 && before.at(-1) === after.at(-1)) {
    before.pop();
    after.pop();
  }
  return [...before.map((line) => `- ${line}`), ...after.map((line) => `+ ${line}`)].join('\n');
}

export function unindented(lines: string): string {
  return lines
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');
}
